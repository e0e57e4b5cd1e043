"""The `ros2 bag` command."""
