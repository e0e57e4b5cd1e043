"""A live view of the world from above, for a browser on the same machine."""
