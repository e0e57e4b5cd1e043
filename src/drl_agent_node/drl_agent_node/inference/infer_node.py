"""The node `drl_infer`: drives with an exported policy, without any training library."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
from pathlib import Path
from typing import Any, Final

import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from diagnostic_updater import Updater
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from drl_agent_node.background import BackgroundSpin
from drl_agent_node.config import read_yaml
from drl_agent_node.env.fleet_link import FleetLink, make_link_node
from drl_agent_node.errors import ConfigurationError, FleetError, InterruptedWaitError
from drl_agent_node.inference.driver import Driver
from drl_agent_node.inference.policy_file import load_policy
from drl_agent_node.liveness import SAFETY_PERIOD_S, Heart, SafetyEvents, steady_clock
from drl_agent_node.safety.config import MODES, SafetyConfig
from drl_agent_node.safety.layer import SafetyLayer
from drl_agent_node.stopping import StopRequest

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
EXIT_CONFIGURATION: Final = 78

_PARAMETERS: Final[tuple[tuple[str, Any, str], ...]] = (
    ("policy", "", "exported policy, a file ending in .onnx or .ts"),
    ("simulators", ["sim0"], "lock-step groups to drive, names as in /carla_drl/<name>/observation"),
    ("threads", 1, "threads that the policy may use, 1 to 64"),
    ("retry_s", 1.0, "silence after which the last action is sent again, s"),
    ("observation_timeout_s", 60.0, "how long to wait for the first observation, s"),
    ("safety", "off", "off; monitor: judge every action and count; shield: override unsafe actions, too"),
    ("safety_config", "", "YAML file with fields of the safety layer under 'safety'; empty: defaults"),
)


class InferNode:
    """Glue between ROS and `Driver`."""

    def __init__(self, node: Node, stop: StopRequest) -> None:
        self._log = node.get_logger()
        values = _declare(node)
        self._timeout_s = float(values["observation_timeout_s"])
        self._policy = load_policy(Path(values["policy"]).expanduser(), int(values["threads"]))
        self._link_node = make_link_node(node)
        link = FleetLink(self._link_node, values["simulators"], retry_s=float(values["retry_s"]))
        self.driver = Driver(link, self._policy, lambda names: _make_safety(values, names), stop)
        self._heart = Heart(node)
        self._events = SafetyEvents(node)
        node.create_timer(SAFETY_PERIOD_S, self._tell_interventions, clock=steady_clock())
        self._updater = Updater(node)
        self._updater.setHardwareID("drl_infer")
        self._updater.add("inference", self._diagnose)

    def run(self) -> None:
        """Drive until asked to stop."""
        card = self._policy.card
        self._log.info(
            f"driving with '{self._policy.path}': {card.algorithm}, {card.steps} steps, revision {card.code_revision}"
        )
        self.driver.connect(self._timeout_s)
        self.driver.run()

    def close(self) -> None:
        """Release the link."""
        self.driver.transport.close()
        self._link_node.destroy_node()

    def _tell_interventions(self) -> None:
        if self.driver.safety is not None:
            groups = self.driver.transport.groups
            self._events.publish(self.driver.safety, [group.simulator for group in groups])

    def _diagnose(self, status: Any) -> Any:
        driver = self.driver
        latency = driver.latencies.take()
        silent = [group.simulator for group in driver.transport.groups if group.current is None]
        if silent:
            status.summary(DiagnosticStatus.WARN, f"no observation from {', '.join(silent)}")
        elif not latency:
            status.summary(DiagnosticStatus.WARN, "no new observation")
        else:
            status.summary(DiagnosticStatus.OK, "driving")
        status.add("policy", str(self._policy.path))
        status.add("frames", str(driver.frames))
        status.add("skipped_frames", str(driver.skipped))
        for name, value in latency.items():
            status.add(f"latency_{name}_us", f"{value:.1f}")
        if driver.safety is not None:
            for kind, count in driver.safety.totals.items():
                status.add(f"safety_{kind.lower()}", str(count))
        return status


def _declare(node: Node) -> dict[str, Any]:
    values = {}
    for name, default, description in _PARAMETERS:
        descriptor = ParameterDescriptor(description=description, read_only=True)
        values[name] = node.declare_parameter(name, default, descriptor).value
    if not values["policy"]:
        raise ConfigurationError("parameter 'policy' is empty; allowed: the path of an .onnx or .ts file")
    if not 1 <= values["threads"] <= 64:
        raise ConfigurationError(f"parameter 'threads' = {values['threads']}; allowed: 1 to 64")
    if values["safety"] not in MODES:
        raise ConfigurationError(f"parameter 'safety' = '{values['safety']}'; allowed: {', '.join(MODES)}")
    return values


def _make_safety(values: dict[str, Any], names: tuple[str, ...]) -> SafetyLayer | None:
    if values["safety"] == "off":
        return None
    path = values["safety_config"]
    fields = (read_yaml(Path(path)).get("safety") or {}) if path else {}
    return SafetyLayer(values["safety"], SafetyConfig.from_mapping(fields, path or "defaults"), names)


def main(args: list[str] | None = None) -> None:
    """Run the node and leave with `SystemExit`."""
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    stop = StopRequest()
    node = Node("drl_infer")
    log = node.get_logger().error
    infer: InferNode | None = None
    spin = BackgroundSpin(node)
    code = EXIT_OK
    try:
        infer = InferNode(node, stop)
        infer.run()
    except ConfigurationError as error:
        log(f"configuration error: {error}")
        code = EXIT_CONFIGURATION
    except InterruptedWaitError:
        pass
    except (FleetError, OSError) as error:
        log(str(error))
        code = EXIT_FAILED
    finally:
        spin.stop()
        if infer is not None:
            infer.close()
        node.destroy_node()
        rclpy.try_shutdown()
    sys.exit(code)


if __name__ == "__main__":
    main()
