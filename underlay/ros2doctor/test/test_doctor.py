"""`ros2 doctor` on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from ros2doctor import api
from ros2doctor.api.network import SharedMemoryCheck
from ros2doctor.api.platform import PlatformCheck

os.environ["ROS_DOMAIN_ID"] = str(169 + os.getpid() % 3)


@pytest.fixture
def doctor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[object, str, str]]:
    """Return a function that runs the command and returns its result, output and errors."""

    def run(*words: str) -> tuple[object, str, str]:
        from ros2cli.cli import main

        monkeypatch.setattr(sys, "argv", ["ros2", "doctor", *words])
        return main(), *capsys.readouterr()

    return run


Doctor = Callable[..., tuple[object, str, str]]


def test_a_machine_that_works_passes(doctor: Doctor) -> None:
    code, out, _ = doctor()
    assert code == 0
    assert out == "\nAll 5 checks passed\n\n"


def test_topics_without_subscription_and_shared_names_are_warnings(doctor: Doctor) -> None:
    import rclpy
    from std_msgs.msg import String

    context = rclpy.Context()
    rclpy.init(context=context, args=[])
    nodes = [rclpy.create_node("twin", context=context) for _ in range(2)]
    nodes[0].create_publisher(String, "lonely", 1)
    try:
        code, out, err = doctor("-iw", "-rf")
    finally:
        context.try_shutdown()
    assert code == 1
    assert "Publisher without subscriber detected on /lonely." in err
    assert "2 nodes share the name /twin." in err
    assert "1/5 check(s) failed\n\nFailed modules: graph" in out
    assert "/lonely : 1 publishers, 0 subscribers" in out


def test_an_unsourced_shell_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AMENT_PREFIX_PATH", "/absent")
    assert PlatformCheck().check() == api.Result(warning=1)
    monkeypatch.delenv("AMENT_PREFIX_PATH")
    assert PlatformCheck().check() == api.Result(error=1)
    assert "source the setup file of your workspace" in capsys.readouterr().err


def test_shared_memory_is_there() -> None:
    assert SharedMemoryCheck().check().error == 0


def test_reports(doctor: Doctor) -> None:
    _, out, _ = doctor("--report")
    for heading in ("PLATFORM INFORMATION", "RMW MIDDLEWARE", "ENVIRONMENT", "TOPIC LIST"):
        assert f"\n   {heading}\n" in out
    _, without, _ = doctor("--report", "--exclude-packages")
    assert out.count("\n   ") == without.count("\n   ") + 1


def test_hello_hears_another_machine(doctor: Doctor) -> None:
    """One machine is two: the other side has another name."""
    code = "from ros2doctor.verb import hello; hello.socket.gethostname = lambda: 'elsewhere'\n"
    code += "from ros2cli.cli import run; run()"
    command = [sys.executable, "-c", code, "doctor", "hello", "-ep", "0.05"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as other:
        try:
            deadline = time.monotonic() + 60.0
            out = ""
            while "Subscribed from elsewhere: " not in out:
                assert time.monotonic() < deadline, out
                _, out, _ = doctor("hello", "--once", "--emit-period", "1")
        finally:
            other.send_signal(signal.SIGINT)
    assert other.returncode == 2
    assert "Topic: /canyouhearme, Published Msg Count: 1\n" in out
