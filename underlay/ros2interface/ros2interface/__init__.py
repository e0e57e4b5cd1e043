"""The `ros2 interface` command."""
