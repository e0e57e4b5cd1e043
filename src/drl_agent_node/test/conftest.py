import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
# Nobody else on this machine may drive these cars.
os.environ["ROS_DOMAIN_ID"] = str(150 + os.getpid() % 10)
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
