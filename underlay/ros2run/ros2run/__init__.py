"""The `ros2 run` command."""
