"""Named parts of a vehicle: its mesh, and the bones and sockets that clients ask for.

Names are those of the skeleton that all four-wheeled vehicles of CARLA share. Wheels turn on their spot; what rolling
and steering do to them is not shown.
"""

from __future__ import annotations

from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.world.vehicles import VehicleModel

MESH = "VehicleMesh"
ROOT = "Vehicle_Base"


def components(model: VehicleModel | None) -> dict[str, Pose]:
    """Components of an actor, each with its pose relative to the actor."""
    return {"DefaultSceneRoot": Pose()} if model is None else {MESH: Pose()}


def bones(model: VehicleModel | None) -> dict[str, Pose]:
    """Bones of an actor, which are its sockets as well; only vehicles have some."""
    if model is None:
        return {}
    front = (1.0 - model.front_load) * model.wheelbase_m
    side, height = 0.5 * model.track_m, model.wheel_radius_m
    rear = front - model.wheelbase_m
    if model.number_of_wheels == 2:
        return {ROOT: Pose(), "Wheel_Front": Pose(front, 0.0, height), "Wheel_Rear": Pose(rear, 0.0, height)}
    return {
        ROOT: Pose(),
        "Wheel_Front_Left": Pose(front, -side, height),
        "Wheel_Front_Right": Pose(front, side, height),
        "Wheel_Rear_Left": Pose(rear, -side, height),
        "Wheel_Rear_Right": Pose(rear, side, height),
    }
