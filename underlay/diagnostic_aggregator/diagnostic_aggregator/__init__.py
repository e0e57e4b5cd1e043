"""Groups the diagnostics of many nodes."""
