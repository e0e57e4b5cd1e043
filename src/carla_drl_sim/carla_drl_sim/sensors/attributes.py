"""Attributes of sensor blueprints: CARLA's names, types and defaults, and the values that make sense."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carla_drl_sim.errors import RpcError
from carla_drl_sim.protocol import structs
from carla_drl_sim.protocol.structs import AttributeType, WireValue

Value = bool | int | float | str


@dataclass(frozen=True)
class Attribute:
    """One attribute of a blueprint.

    Attributes:
        name: CARLA's name.
        kind: type of its values.
        default: the value where a client chooses none, as CARLA writes it.
        recommended: values that CARLA recommends; only the default when there is no other.
        low, high: least and greatest number that is accepted.
        restricted: whether only recommended values are accepted.
    """

    name: str
    kind: AttributeType
    default: str
    recommended: tuple[str, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    restricted: bool = False

    def wire(self) -> WireValue:
        """The attribute as it is sent with the blueprint."""
        values = self.recommended or (self.default,)
        return structs.attribute(self.name, self.kind, self.default, values, restricted=self.restricted)

    def value(self, text: str) -> Value:
        """Read a value. Raises ValueError, which tells what is allowed."""
        if self.restricted and text not in self.recommended:
            raise ValueError(f"allowed are {', '.join(self.recommended)}")
        if self.kind is AttributeType.BOOL:
            flag = {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower())
            if flag is None:
                raise ValueError("allowed are true and false")
            return flag
        if self.kind is AttributeType.INT:
            return int(self._number(text, whole=True))
        if self.kind is AttributeType.FLOAT:
            return self._number(text, whole=False)
        return text

    def _number(self, text: str, *, whole: bool) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if math.isfinite(number) and self.low <= number <= self.high and (number.is_integer() or not whole):
            return number
        what = "a whole number" if whole else "a number"
        if math.isinf(self.low) and math.isinf(self.high):
            raise ValueError(f"allowed is any finite {what[2:]}")
        if math.isinf(self.high):
            raise ValueError(f"allowed is {what} of at least {self.low:g}")
        raise ValueError(f"allowed is {what} from {self.low:g} to {self.high:g}")


def flag(name: str, default: bool) -> Attribute:
    """A yes-or-no attribute."""
    return Attribute(name, AttributeType.BOOL, "true" if default else "false")


def whole(name: str, default: int, low: float = -math.inf, high: float = math.inf) -> Attribute:
    """An attribute that counts something."""
    return Attribute(name, AttributeType.INT, str(default), low=low, high=high)


def real(name: str, default: float, low: float = -math.inf, high: float = math.inf) -> Attribute:
    """An attribute that measures something."""
    return Attribute(name, AttributeType.FLOAT, str(float(default)), low=low, high=high)


def choice(name: str, default: str, values: Sequence[str]) -> Attribute:
    """An attribute that takes one of a few names."""
    return Attribute(name, AttributeType.STRING, default, tuple(values), restricted=True)


ROLE_NAME = Attribute(
    "role_name",
    AttributeType.STRING,
    "front",
    ("front", "back", "left", "right", "front_left", "front_right", "back_left", "back_right"),
)

SENSOR_TICK = real("sensor_tick", 0.0, 0.0, 1e6)
"""Simulated seconds between two measurements; 0 measures in every tick."""

NOISE_SEED = whole("noise_seed", 0, -(2**31), 2**31 - 1)


def settings(type_id: str, attributes: Sequence[Attribute], chosen: Mapping[str, str]) -> dict[str, Value]:
    """All attributes of a blueprint with the chosen values in place of defaults.

    Raises:
        RpcError: a name does not exist, or its value is not allowed.
    """
    known = {attribute.name: attribute for attribute in attributes}
    for name in chosen:
        if name not in known:
            raise RpcError(f"unable to spawn actor: '{type_id}' has no attribute '{name}'")
    result: dict[str, Value] = {}
    for name, attribute in known.items():
        text = chosen.get(name, attribute.default)
        try:
            result[name] = attribute.value(text)
        except ValueError as error:
            raise RpcError(
                f"unable to spawn actor: '{type_id}' attribute '{name}' is '{text}': {error}"
            ) from None
    return result
