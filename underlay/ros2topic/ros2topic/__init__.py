"""The `ros2 topic` command."""
