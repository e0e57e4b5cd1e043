# SPDX-License-Identifier: Apache-2.0
"""A gateway and an agent per file of tests, and a bridge in a session of its own per test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from fake_bridge import WELCOME, FakeBridge
from gateway_harness import ADDRESS, Agent, Gateway

SESSIONS = itertools.count(1000)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with Gateway(tmp_path_factory.mktemp("gateway") / "log.txt") as process:
        yield process
        print(process.text())


@pytest.fixture(scope="module")
def agent() -> Iterator[Agent]:
    instance = Agent()
    yield instance
    instance.close()


@pytest.fixture
def loop(
    gateway: Gateway, agent: Agent, request: pytest.FixtureRequest
) -> Iterator[tuple[FakeBridge, Agent]]:
    """A connected bridge in a session of its own, and the agent."""
    assert gateway.process.poll() is None, gateway.text()
    session = next(SESSIONS)
    with FakeBridge(ADDRESS, session) as bridge:
        assert bridge.greeting.type == WELCOME, bridge.greeting
        agent.layout(session)
        yield bridge, agent
        bridge.leave()
