"""The README's table of towns tells what `generate_town` makes. Run this file to write it anew."""

from __future__ import annotations

import math
from pathlib import Path
from random import Random

from carla_drl_sim.world.opendrive import Road
from carla_drl_sim.world.signals import SignalKind
from carla_drl_sim.world.spawn_points import spawn_points
from carla_drl_sim.world.town_generator import PLANS
from carla_drl_sim.world.town_network import steepest
from carla_drl_sim.world.traffic_control import add_signals

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN = "<!-- towns: kept in step by test/test_town_table.py -->\n"
END = "<!-- end of towns -->\n"


def driving_lanes(road: Road) -> list[int]:
    return [lane.id for lane in road.lanes if lane.kind == "driving"]


def most_lanes(road: Road) -> int:
    """Driving lanes of the direction that has more of them."""
    ahead = sum(lane < 0 for lane in driving_lanes(road))
    return max(ahead, len(driving_lanes(road)) - ahead)


def row(name: str) -> str:
    """One town's line."""
    plan = PLANS[name]
    rng = Random(f"{name}/0")
    layout = plan.draw(rng, Random(f"{name}/0/signs"))
    points = spawn_points(layout.streets, rng, plan.spawn_spacing)
    roads, junctions = add_signals([*layout.streets, *layout.connecting], layout.junctions)
    streets = math.fsum(road.length for road in layout.streets) / 1000.0
    lanes = math.fsum(road.length * len(driving_lanes(road)) for road in layout.streets) / 1000.0
    signals = [signal.kind for road in roads for signal in road.signals]
    lights, stops, yields = (
        signals.count(kind.value) for kind in (SignalKind.TRAFFIC_LIGHT, SignalKind.STOP, SignalKind.YIELD)
    )
    lit = sum(bool(junction.controllers) for junction in junctions)
    speeds = sorted({road.speed_kmh for road in layout.streets})
    most = max(most_lanes(road) for road in layout.streets)
    heights = [road.height(0.01 * i * road.length) for road in roads for i in range(101)]
    relief = "level"
    if max(heights) - min(heights) > 0.1:
        relief = f"{round(min(heights))} to {round(max(heights))} m, up to {100.0 * steepest(roads):.1f} %"
    crosswalks = sum(len(road.crosswalks) for road in roads)
    cells = [
        f"{streets:.1f}",
        f"{lanes:.1f}",
        f"{most}",
        f"{len(junctions)}, {lit} lit",
        f"{lights} / {stops} / {yields}",
        f"{crosswalks}",
        f"{speeds[0]} to {speeds[-1]}",
        relief,
        f"{len(points)}",
    ]
    return f"| `{name}` | {plan.character} | " + " | ".join(cells) + " |"


def table() -> str:
    """The table as it belongs into the README."""
    head = (
        "\n| town | character | streets, km | lanes, km | lanes per direction, at most | junctions "
        "| lights / stop / yield | crosswalks | speed, km/h | heights | spawn points |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|\n"
    )
    return head + "\n".join(row(name) for name in sorted(PLANS)) + "\n\n"


def test_the_table_is_current() -> None:
    assert README.read_text().partition(BEGIN)[2].partition(END)[0] == table()


if __name__ == "__main__":
    before, begin, rest = README.read_text().partition(BEGIN)
    README.write_text(before + begin + table() + END + rest.partition(END)[2])
