"""Experience kept for off-policy learning."""
