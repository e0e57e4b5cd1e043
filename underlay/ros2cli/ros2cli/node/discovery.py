"""How long to look around before the graph can be taken as known.

Peers whose answer to a newcomer's greeting gets lost are heard of only when they announce themselves
again (every 3 s by default). A fixed wait is therefore too long or too short. Each participant on this machine
binds a UDP port that follows from the domain (OMG DDSI-RTPS 2.5, section 9.6.2: PB 7400, DG 250,
PG 2, d1 10), so `/proc/net/udp` says how many there are to be discovered.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

_PORT_BASE, _DOMAIN_GAIN, _UNICAST_OFFSET, _PARTICIPANT_GAIN = 7400, 250, 10, 2
_PARTICIPANTS_MAX = 119
_POLL_S = 0.02
_SETTLE_S = 0.1
_SETTLE_REMOTE_S = 0.3
_UNKNOWN_NAME = "_NODE_NAME_UNKNOWN_"


def count_participants(proc_net_udp: str, domain_id: int) -> int:
    """Return how many DDS participants of a domain the text of `/proc/net/udp` shows."""
    first = _PORT_BASE + _DOMAIN_GAIN * domain_id + _UNICAST_OFFSET
    ports = set()
    for line in proc_net_udp.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 1:
            ports.add(int(fields[1].rpartition(":")[2], 16))
    wanted = range(first, first + _PARTICIPANT_GAIN * _PARTICIPANTS_MAX + 1, _PARTICIPANT_GAIN)
    return sum(port in ports for port in wanted)


def _count_local(domain_id: int) -> int:
    try:
        with open("/proc/net/udp", encoding="ascii") as file:
            return count_participants(file.read(), domain_id)
    except OSError:
        return 0


def _known_participants(node: Any) -> tuple[int, bool]:
    """Return how many participants are known, and whether the names of their nodes are."""
    endpoints = node.get_publishers_info_by_topic("ros_discovery_info", no_mangle=True)
    participants = {bytes(endpoint.endpoint_gid[:12]) for endpoint in endpoints}
    named = True
    for name, types in node.get_topic_names_and_types():
        if name.startswith("/") and types:
            infos = [*node.get_publishers_info_by_topic(name), *node.get_subscriptions_info_by_topic(name)]
            named = named and all(info.node_name != _UNKNOWN_NAME for info in infos)
    return len(participants), named


def wait_for_discovery(
    node: Any,
    timeout_s: float,
    patience_s: float | None = None,
    until: Callable[[Any], bool] | None = None,
) -> bool:
    """Wait until every participant on this machine is known and the graph rests, or `timeout_s` seconds.

    With `patience_s` it gives up after that time if participants are missing; `until(node)` ends the
    wait when it is true. Participants on other
    machines cannot be counted; they get the time that the graph takes to settle. Returns whether
    everything was found.
    """
    domain_id = node.context.get_domain_id()
    remote = os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE", "SUBNET").upper() not in ("LOCALHOST", "OFF")
    settle = _SETTLE_REMOTE_S if remote else _SETTLE_S
    start = changed_at = time.monotonic()
    last: Any = None
    while True:
        graph = (sorted(node.get_node_names_and_namespaces()), sorted(node.get_topic_names_and_types()))
        now = time.monotonic()
        if until is not None and until(node):
            return True
        if graph != last:
            last, changed_at = graph, now
        impatient = patience_s is not None and now - start >= patience_s
        if now - changed_at >= settle or impatient:
            known, named = _known_participants(node)
            missing = known < _count_local(domain_id)
            if not missing and named and now - changed_at >= settle:
                return True
            if missing and impatient:
                return False
        if now - start >= timeout_s:
            return False
        time.sleep(_POLL_S)
