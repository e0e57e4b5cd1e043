"""The `ros2 component` command."""
