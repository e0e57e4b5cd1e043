"""The environment: fleet topics as one vector environment, rewards, normalisation."""
