"""The bones of a pedestrian: names and hierarchy as CARLA's, a standing body, and poses that a client gives them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from carla_drl_sim.attachment import axes, rotation_of

Floats = npt.NDArray[np.float64]

_BODY_HALF_HEIGHT = 0.93


def _limbs() -> list[tuple[str, str, tuple[float, float, float]]]:
    """Name, parent, and place of each bone of a body of 1.86 m that stands with hanging arms.

    Metres from between the feet: forward, right, up. Proportions follow Drillis and Contini, Body Segment Parameters
    (1966); names follow CARLA's documentation of walker bone control.
    """
    bones = [
        ("crl_root", "", (0.0, 0.0, 0.0)),
        ("crl_hips__C", "crl_root", (0.0, 0.0, 0.99)),
        ("crl_spine__C", "crl_hips__C", (0.0, 0.0, 1.12)),
        ("crl_spine01__C", "crl_spine__C", (0.0, 0.0, 1.32)),
        ("crl_neck__C", "crl_spine01__C", (0.0, 0.0, 1.55)),
        ("crl_Head__C", "crl_neck__C", (0.01, 0.0, 1.63)),
        ("crl_eye__L", "crl_Head__C", (0.09, -0.03, 1.74)),
        ("crl_eye__R", "crl_Head__C", (0.09, 0.03, 1.74)),
    ]
    for side, sign in (("L", -1.0), ("R", 1.0)):
        bones += [
            (f"crl_shoulder__{side}", "crl_spine01__C", (0.0, 0.05 * sign, 1.50)),
            (f"crl_arm__{side}", f"crl_shoulder__{side}", (0.0, 0.20 * sign, 1.52)),
            (f"crl_foreArm__{side}", f"crl_arm__{side}", (0.0, 0.23 * sign, 1.17)),
            (f"crl_hand__{side}", f"crl_foreArm__{side}", (0.02, 0.25 * sign, 0.90)),
            (f"crl_thigh__{side}", "crl_hips__C", (0.0, 0.10 * sign, 0.97)),
            (f"crl_leg__{side}", f"crl_thigh__{side}", (0.01, 0.10 * sign, 0.53)),
            (f"crl_foot__{side}", f"crl_leg__{side}", (-0.02, 0.10 * sign, 0.07)),
            (f"crl_toe__{side}", f"crl_foot__{side}", (0.12, 0.10 * sign, 0.02)),
            (f"crl_toeEnd__{side}", f"crl_toe__{side}", (0.20, 0.10 * sign, 0.02)),
        ]
        for finger, ahead in (
            ("Thumb", 0.06),
            ("Index", 0.04),
            ("Middle", 0.02),
            ("Ring", 0.0),
            ("Pinky", -0.02),
        ):
            parent, height = f"crl_hand__{side}", 0.86 if finger == "Thumb" else 0.81
            for joint in ("", "01", "02", "End"):
                name = f"crl_hand{finger}{joint}__{side}"
                bones.append((name, parent, (ahead, 0.25 * sign, height)))
                parent, height = name, height - 0.03
    return bones


_BONES = _limbs()
NAMES = tuple(name for name, _, _ in _BONES)
_INDEX = {name: index for index, name in enumerate(NAMES)}
_PARENTS = tuple(_INDEX.get(parent, -1) for _, parent, _ in _BONES)
_PLACES = np.array([place for _, _, place in _BONES])
_RELATIVE_PLACES = _PLACES - np.array(
    [_PLACES[parent] if parent >= 0 else np.zeros(3) for parent in _PARENTS]
)


class Skeleton:
    """The bones of one walker.

    Without a pose from a client the body stands; its limbs do not swing while it walks.

    Attributes:
        blend: how far the client's pose shows, 0 (standing body) to 1.
    """

    def __init__(self, half_height: float) -> None:
        """The bones of a body of twice `half_height` (m)."""
        self.half_height = half_height
        self.blend = 0.0
        self._standing = np.zeros((len(NAMES), 6))
        self._standing[:, :3] = _RELATIVE_PLACES * (half_height / _BODY_HALF_HEIGHT)
        self._posed = self._standing.copy()

    def pose(self, bones: Iterable[tuple[str, tuple[float, ...]]]) -> None:
        """Set bones of the client's pose: x, y, z in m, pitch, yaw, roll in degrees, relative to the parent bone.

        Raises:
            ValueError: there is no bone of a name; nothing is changed then.
        """
        known = list(bones)
        for name, _ in known:
            if name not in _INDEX:
                raise ValueError(f"bone {name!r}: a walker has no such bone; the first ones are {NAMES[:4]}")
        for name, values in known:
            self._posed[_INDEX[name]] = values

    def copy_standing(self) -> None:
        """Take the standing body as the client's pose."""
        self._posed[:] = self._standing

    def relative(self) -> Floats:
        """Every bone relative to its parent, float64 [B, 6]: m and degrees."""
        difference = self._posed - self._standing
        difference[:, 3:] = (difference[:, 3:] + 180.0) % 360.0 - 180.0
        return self._standing + self.blend * difference

    def component(self) -> Floats:
        """Every bone relative to the point between the feet, float64 [B, 6]: m and degrees."""
        relative = self.relative()
        place, frame = relative[:, :3].copy(), axes(relative[:, 3:])
        for bone, parent in enumerate(_PARENTS):
            if parent >= 0:
                place[bone] = place[bone] @ frame[parent] + place[parent]
                frame[bone] = frame[bone] @ frame[parent]
        return np.hstack((place, rotation_of(frame)))
