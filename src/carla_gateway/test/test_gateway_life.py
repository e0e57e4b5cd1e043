# SPDX-License-Identifier: Apache-2.0
"""How gateways start, run in drive mode and end, as processes."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from carla_drl_msgs.msg import FleetAction
from fake_bridge import BYE, REFUSED, WELCOME, FakeBridge, socket_name
from gateway_harness import DOMAIN_ID, Agent, Gateway


def test_a_second_gateway_of_the_same_simulator_ends_at_once(
    gateway: Gateway, agent: Agent, tmp_path: Path
) -> None:
    agent.wait_for_gateway()
    with Gateway(tmp_path / "log.txt") as second:
        assert second.wait() == 78, second.text()
        assert "another gateway serves simulator 'sim0'" in second.text()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"neighbour_count": 17}, "parameter 'neighbour_count' is 17, 0 to 16 is allowed"),
        ({"neighbour_radius_m": -1.0}, "parameter 'neighbour_radius_m' is -1"),
        ({"simulator": "not/a/name"}, "parameter 'simulator' is 'not/a/name'"),
        ({"mode": "fly"}, "parameter 'mode' is 'fly', 'lockstep' or 'drive' is allowed"),
        ({"hold_s": -1.0}, "parameter 'hold_s' is -1"),
        ({"raster_height": 8}, "parameter 'raster_height' is 8, 16 to 512 is allowed"),
        (
            {"camera_resize": "nearest"},
            "parameter 'camera_resize' is 'nearest', 'area' or 'bilinear' is allowed",
        ),
        ({"neighbour_count": "many"}, "parameter 'neighbour_count' is many, 0 to 16 is allowed"),
    ],
)
def test_bad_parameters_end_the_gateway(tmp_path: Path, parameters: dict[str, object], message: str) -> None:
    with Gateway(tmp_path / "log.txt", **parameters) as process:
        assert process.wait() == 78, process.text()
        assert message in process.text()


def test_rasters_need_a_bridge_that_draws_the_town(tmp_path: Path) -> None:
    with (
        Gateway(tmp_path / "log.txt", simulator="raster", raster="true"),
        FakeBridge(socket_name(DOMAIN_ID, "raster")) as bridge,
    ):
        assert bridge.greeting.type == REFUSED
        assert (
            b"no static array 'map_raster': set parameter 'raster' of the bridge" in bridge.greeting.payload
        )


@pytest.mark.parametrize(
    ("image", "type_name"), [("camera", b"sensor.camera.rgb"), ("lidar", b"sensor.lidar.ray_cast")]
)
def test_images_need_their_sensors(tmp_path: Path, image: str, type_name: bytes) -> None:
    with (
        Gateway(tmp_path / "log.txt", simulator="blind", **{image: "true"}),
        FakeBridge(socket_name(DOMAIN_ID, "blind")) as bridge,
    ):
        assert bridge.greeting.type == REFUSED
        assert type_name in bridge.greeting.payload
        assert b"add one to its sensors; it has none" in bridge.greeting.payload


def test_drive_mode_goes_on_at_its_rate_and_brakes_when_actions_stop(tmp_path: Path, agent: Agent) -> None:
    with (
        Gateway(
            tmp_path / "log.txt", simulator="driven", mode="drive", hold_s=0.2, real_time_factor=1.0
        ) as process,
        FakeBridge(socket_name(DOMAIN_ID, "driven"), 801) as bridge,  # steps of 0.05 s
    ):
        assert bridge.greeting.type == WELCOME, process.text()
        actions = agent.node.create_publisher(FleetAction, "/carla_drl/driven/action", 4)
        agent.wait_until(lambda: actions.get_subscription_count() > 0, "discovery")
        bridge.send_frame(1)
        assert bridge.receive().controls.tolist() == [[0.0, 1.0, 0.0]] * 2, "no action yet: brake"
        bridge.send_frame(2)
        message = FleetAction(session=801, frame=1, num_agents=2)
        message.action.extend([0.5, 0.25] * 2)
        actions.publish(message)
        started = time.monotonic()
        answers = [bridge.receive().controls.tolist()]
        for frame in range(3, 13):
            bridge.send_frame(frame)
            answers.append(bridge.receive().controls.tolist())
        took = time.monotonic() - started
        driving = [[0.5, 0.0, 0.25]] * 2
        # The action came some time while frames went on; it was held for at most 0.2 s of them, then the brake came.
        assert 1 <= answers.count(driving) <= 5, answers
        assert answers[-1] == [[0.0, 1.0, 0.0]] * 2
        assert took >= 10 * 0.05, "faster than real time"
        agent.node.destroy_publisher(actions)
        bridge.leave()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_the_gateway_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with (
        Gateway(tmp_path / "log.txt", simulator="other", neighbour_count=0) as process,
        FakeBridge(socket_name(DOMAIN_ID, "other")) as bridge,
    ):
        assert bridge.greeting.type == WELCOME
        process.process.send_signal(number)
        assert bridge.receive().type == BYE
        process.process.send_signal(number)  # an impatient second one, in the middle of the clean-up
        assert bridge.receive().type == 0
        assert process.wait() == 0, process.text()
