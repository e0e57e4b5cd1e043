"""The `ros2 param` command."""
