"""Learns and drives: vector environment over fleet topics, PPO, checkpoints, agent node."""
