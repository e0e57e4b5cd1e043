"""Bridge between a CARLA server and the gateway: fleet, routes, ego metrics, frame ring."""
