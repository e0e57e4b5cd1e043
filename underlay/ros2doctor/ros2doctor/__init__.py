"""The `ros2 doctor` command."""
