"""The `ros2 pkg` command."""
