"""The blueprint library: what can be spawned, with CARLA's ids and attributes."""

from __future__ import annotations

from collections.abc import Mapping

from carla_drl_sim.errors import RpcError
from carla_drl_sim.protocol import structs
from carla_drl_sim.protocol.arguments import Description
from carla_drl_sim.protocol.structs import AttributeType, WireValue
from carla_drl_sim.sensors import blueprints as sensors
from carla_drl_sim.world.props import PROPS, Prop
from carla_drl_sim.world.vehicles import VEHICLE_MODELS, VehicleModel
from carla_drl_sim.world.walker_models import WALKER_MODELS, WalkerModel

WALKER_CONTROLLER = "controller.ai.walker"
"""Makes the client's own crowd simulation lead the walker that it is attached to."""


def _lower(flag: bool) -> str:
    return "true" if flag else "false"


def _vehicle_attributes(model: VehicleModel) -> list[WireValue]:
    kind, attribute = AttributeType, structs.attribute
    roles = ("autopilot", "scenario", "ego_vehicle")
    result = [
        attribute("role_name", kind.STRING, "autopilot", roles),
        attribute("sticky_control", kind.BOOL, "true"),
        attribute("terramechanics", kind.BOOL, "false"),
        attribute("object_type", kind.STRING, "", modifiable=False),
        attribute("base_type", kind.STRING, model.base_type, modifiable=False),
        attribute("special_type", kind.STRING, model.special_type, modifiable=False),
        attribute("number_of_wheels", kind.INT, model.number_of_wheels, modifiable=False),
        attribute("generation", kind.INT, model.generation, modifiable=False),
        attribute("has_lights", kind.BOOL, _lower(model.has_lights), modifiable=False),
        attribute("has_dynamic_doors", kind.BOOL, _lower(model.has_dynamic_doors), modifiable=False),
    ]
    if model.colors:
        result.insert(1, attribute("color", kind.RGB, model.colors[0], model.colors))
    if model.driver_ids:
        result.append(attribute("driver_id", kind.STRING, model.driver_ids[0], model.driver_ids))
    return result


def _walker_attributes(model: WalkerModel) -> list[WireValue]:
    kind, attribute = AttributeType, structs.attribute
    wheelchair = ("false", "true") if model.can_use_wheelchair else ("false",)
    return [
        attribute("role_name", kind.STRING, "pedestrian", ("pedestrian",)),
        attribute("gender", kind.STRING, model.gender, modifiable=False),
        attribute("generation", kind.INT, model.generation, modifiable=False),
        attribute("age", kind.STRING, model.age, modifiable=False),
        attribute("can_use_wheelchair", kind.BOOL, _lower(model.can_use_wheelchair), modifiable=False),
        attribute("speed", kind.FLOAT, model.speeds_mps[0], model.speeds_mps),
        attribute("is_invincible", kind.BOOL, "true", ("true",)),
        attribute("use_wheelchair", kind.BOOL, "false", wheelchair, restricted=True),
    ]


def _prop_attributes(prop: Prop) -> list[WireValue]:
    sizes = ("tiny", "small", "medium", "big")
    return [
        structs.attribute("role_name", AttributeType.STRING, "prop", ("prop",)),
        structs.attribute("size", AttributeType.STRING, prop.size, sizes, modifiable=False),
    ]


class BlueprintLibrary:
    """All blueprints: vehicles, pedestrians, their controllers, props, and the sensors that work.

    Attributes:
        models: physics of each vehicle blueprint.
        definitions: the library as it is sent.
    """

    def __init__(self, models: Mapping[str, VehicleModel] = VEHICLE_MODELS) -> None:
        self.models = models
        contents = {type_id: _vehicle_attributes(model) for type_id, model in models.items()}
        contents |= {type_id: _walker_attributes(model) for type_id, model in WALKER_MODELS.items()}
        contents[WALKER_CONTROLLER] = [structs.attribute("role_name", AttributeType.STRING, "default")]
        contents |= {type_id: _prop_attributes(prop) for type_id, prop in PROPS.items()}
        contents |= sensors.wire_attributes()
        self.definitions = [
            structs.definition(uid, type_id, attributes)
            for uid, (type_id, attributes) in enumerate(contents.items(), start=1)
        ]
        self._names = {
            type_id: frozenset(str(entry[0]) for entry in attributes)
            for type_id, attributes in contents.items()
        }

    def check(self, description: Description) -> None:
        """Refuse a blueprint that does not exist, or attributes that it does not have. Raises RpcError."""
        names = self._names.get(description.type_id)
        if names is None:
            raise RpcError(f"unable to spawn actor: blueprint '{description.type_id}' not found")
        for name in description.attributes:
            if name not in names:
                raise RpcError(f"unable to spawn actor: '{description.type_id}' has no attribute '{name}'")
