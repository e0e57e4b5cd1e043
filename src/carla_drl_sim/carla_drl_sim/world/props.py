"""Props: things that clients put into a town, under CARLA's blueprint ids. Sizes are those of common real ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Shape

WHEELS_CLIMB_M = 0.05
"""Height of what vehicles roll over."""


@dataclass(frozen=True)
class Prop:
    """One kind of prop.

    Attributes:
        id: blueprint id.
        extent: half sizes (x, y, z) in m; a prop stands on its origin.
        color: red, green, blue.
        shape: its one solid.
        label: STATIC for what stays where it is, DYNAMIC for what people move.
    """

    id: str
    extent: tuple[float, float, float]
    color: tuple[int, int, int]
    shape: Shape
    label: Label

    @property
    def is_obstacle(self) -> bool:
        """Whether vehicles run into it; they roll over what is lower."""
        return 2.0 * self.extent[2] > WHEELS_CLIMB_M

    @property
    def size(self) -> str:
        """CARLA's attribute ``size``, by the volume of the box around it."""
        x, y, z = self.extent
        volume = 8.0 * x * y * z
        return "tiny" if volume < 0.02 else "small" if volume < 0.3 else "medium" if volume < 3.0 else "big"


_ROWS = """
advertisement 0.60 0.15 1.25 90 110 130 box static
atm 0.45 0.40 0.85 60 90 150 box static
barbeque 0.35 0.30 0.50 40 40 42 box dynamic
barrel 0.30 0.30 0.45 60 80 120 cylinder dynamic
bench01 0.25 0.90 0.42 110 80 50 box static
bench02 0.25 0.90 0.42 95 70 48 box static
bench03 0.30 0.80 0.42 120 120 122 box static
bikeparking 0.30 1.20 0.45 130 132 135 box static
bin 0.28 0.28 0.50 50 80 55 cylinder dynamic
box01 0.25 0.25 0.25 160 125 85 box dynamic
box02 0.30 0.25 0.20 165 130 90 box dynamic
box03 0.35 0.35 0.30 155 120 80 box dynamic
briefcase 0.22 0.07 0.17 50 35 25 box dynamic
brokentile01 0.15 0.15 0.02 150 120 100 box dynamic
brokentile02 0.20 0.12 0.02 150 122 104 box dynamic
brokentile03 0.12 0.12 0.02 146 118 98 box dynamic
brokentile04 0.18 0.10 0.02 152 124 106 box dynamic
busstop 0.80 2.00 1.30 90 95 100 box static
busstoplb 0.80 1.80 1.30 80 100 120 box static
calibrator 0.50 0.05 0.50 230 230 230 box static
chainbarrier 0.06 0.75 0.45 150 150 152 box static
chainbarrierend 0.06 0.15 0.45 150 150 152 box static
clothcontainer 0.60 0.60 0.90 70 120 90 box static
clothesline 0.90 0.30 0.80 180 180 182 box static
colacan 0.03 0.03 0.06 200 30 35 cylinder dynamic
constructioncone 0.20 0.20 0.38 235 95 30 cylinder dynamic
container 1.22 3.03 1.30 40 85 140 box static
creasedbox01 0.30 0.25 0.15 150 118 80 box dynamic
creasedbox02 0.28 0.22 0.12 152 120 84 box dynamic
creasedbox03 0.25 0.20 0.18 146 114 78 box dynamic
dirtdebris01 1.20 1.00 0.02 95 80 62 cylinder static
dirtdebris02 1.00 0.80 0.02 90 76 60 cylinder static
dirtdebris03 0.80 0.70 0.02 98 84 66 cylinder static
doghouse 0.50 0.40 0.50 130 70 45 box static
foodcart 1.50 0.90 1.15 200 60 50 box static
fountain 1.80 1.80 0.90 150 150 148 cylinder static
garbage01 0.30 0.30 0.15 90 90 85 ellipsoid dynamic
garbage02 0.25 0.20 0.12 96 92 84 ellipsoid dynamic
garbage03 0.20 0.20 0.10 84 88 80 ellipsoid dynamic
garbage04 0.28 0.22 0.14 100 96 90 ellipsoid dynamic
garbage05 0.22 0.26 0.10 88 84 78 ellipsoid dynamic
garbage06 0.18 0.18 0.08 92 90 88 ellipsoid dynamic
gardenlamp 0.10 0.10 0.45 70 72 74 cylinder static
glasscontainer 0.75 0.75 0.85 60 130 70 cylinder static
gnome 0.10 0.10 0.20 180 60 50 cylinder dynamic
guitarcase 0.50 0.20 0.08 30 30 32 box dynamic
haybale 0.60 0.60 0.60 200 175 90 cylinder dynamic
haybalelb 0.60 0.60 0.60 198 172 88 cylinder dynamic
ironplank 0.60 0.30 0.02 95 92 90 box dynamic
kiosk_01 1.50 1.50 1.40 90 120 85 box static
mailbox 0.25 0.25 0.60 200 170 40 box static
maptable 0.90 0.60 0.42 130 98 64 box static
mesh 1.00 1.00 0.50 128 128 128 box static
mobile 0.04 0.08 0.01 24 24 26 box dynamic
motorhelmet 0.13 0.13 0.13 40 40 44 ellipsoid dynamic
pergola 1.80 1.80 1.25 120 88 58 box static
plantpot01 0.35 0.35 0.45 150 95 70 cylinder static
plantpot02 0.30 0.30 0.35 152 98 72 cylinder static
plantpot03 0.25 0.25 0.30 148 92 68 cylinder static
plantpot04 0.80 0.40 0.50 140 138 132 box static
plantpot05 0.45 0.45 0.50 138 136 130 cylinder static
plantpot06 0.60 0.30 0.35 134 130 126 box static
plantpot07 0.30 0.30 0.30 156 100 74 cylinder static
plantpot08 0.35 0.35 0.55 142 138 134 cylinder static
plasticbag 0.15 0.12 0.18 220 220 216 ellipsoid dynamic
plasticchair 0.28 0.28 0.42 225 225 222 box dynamic
plastictable 0.45 0.45 0.36 225 225 222 cylinder dynamic
platformgarbage01 1.20 0.80 0.30 100 96 90 box static
purse 0.15 0.08 0.14 110 50 45 box dynamic
shop01 1.50 1.20 1.30 150 110 70 box static
shoppingbag 0.18 0.10 0.20 200 190 160 box dynamic
shoppingcart 0.50 0.30 0.52 160 162 165 box dynamic
shoppingtrolley 0.20 0.18 0.50 120 40 50 box dynamic
slide 0.50 2.00 1.10 200 60 50 box static
streetbarrier 0.30 0.62 0.55 225 225 220 box dynamic
streetfountain 0.30 0.30 0.60 90 92 95 cylinder static
streetsign 0.05 0.35 1.30 60 110 70 box static
streetsign01 0.05 0.35 1.30 60 90 140 box static
streetsign04 0.05 0.35 1.30 150 60 50 box static
swing 1.20 1.00 1.10 180 60 60 box static
swingcouch 0.95 0.60 0.90 140 110 80 box static
table 0.90 0.40 0.38 120 88 58 box dynamic
trafficcone01 0.20 0.20 0.38 240 110 30 cylinder dynamic
trafficcone02 0.17 0.17 0.35 240 100 30 cylinder dynamic
trafficwarning 0.60 0.60 1.20 240 150 40 box dynamic
trampoline 1.80 1.80 0.45 50 60 90 cylinder static
trashbag 0.30 0.30 0.30 35 35 38 ellipsoid dynamic
trashcan01 0.30 0.30 0.50 70 90 75 cylinder static
trashcan02 0.35 0.35 0.55 60 75 90 box static
trashcan03 0.60 0.55 0.65 55 95 60 box dynamic
trashcan04 0.30 0.30 0.55 85 85 88 cylinder static
trashcan05 0.28 0.28 0.50 95 90 80 cylinder static
travelcase 0.25 0.13 0.38 60 70 110 box dynamic
vendingmachine 0.45 0.45 0.92 190 40 45 box static
warningaccident 0.25 0.03 0.25 220 50 40 box dynamic
warningconstruction 0.40 0.10 0.60 240 160 40 box dynamic
wateringcan 0.20 0.10 0.15 70 110 80 box dynamic
"""


def _prop(row: str) -> Prop:
    name, x, y, z, red, green, blue, shape, label = row.split()
    return Prop(
        f"static.prop.{name}",
        (float(x), float(y), float(z)),
        (int(red), int(green), int(blue)),
        Shape[shape.upper()],
        Label[label.upper()],
    )


PROPS: Mapping[str, Prop] = MappingProxyType(
    {prop.id: prop for prop in map(_prop, _ROWS.strip().splitlines())}
)
"""All props by blueprint id."""
