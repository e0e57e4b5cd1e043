import signal
import subprocess
import sys

PROGRAM = """
import sys, time
from drl_agent_node.stopping import SAME_REQUEST_S, StopRequest
stop = StopRequest()
print("ready", flush=True)
deadline = time.monotonic() + 60
while not stop() and time.monotonic() < deadline:
    time.sleep(0.01)
print("asked", flush=True)
if "once" in sys.argv:
    sys.exit(0)
asked = time.monotonic()
while time.monotonic() - asked < 2 * SAME_REQUEST_S:
    time.sleep(0.01)
print("late", flush=True)
while time.monotonic() < deadline:
    time.sleep(0.01)
"""


def start(*arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def expect(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == line + "\n"


def test_the_first_signal_asks():
    process = start("once")
    process.send_signal(signal.SIGTERM)
    expect(process, "asked")
    assert process.wait(timeout=60) == 0


def test_an_echo_is_the_same_request_and_a_later_signal_ends_at_once():
    process = start()
    process.send_signal(signal.SIGINT)
    expect(process, "asked")
    process.send_signal(signal.SIGTERM)
    # Still there: the echo did not end it.
    expect(process, "late")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 128 + signal.SIGINT
