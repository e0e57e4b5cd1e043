"""The `ros2` command and what its commands share."""
