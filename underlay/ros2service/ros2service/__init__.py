"""The `ros2 service` command."""
