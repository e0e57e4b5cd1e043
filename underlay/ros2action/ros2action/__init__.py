"""The `ros2 action` command."""
