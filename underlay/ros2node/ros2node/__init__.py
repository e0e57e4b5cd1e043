"""The `ros2 node` command."""
