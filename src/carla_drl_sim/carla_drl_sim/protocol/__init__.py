"""CARLA 0.9.16 wire protocol: message framing, structs, sensor streams."""
