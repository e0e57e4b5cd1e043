"""Processes: output, exit, respawn, escalation, nothing left behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any

import pytest
from conftest import DEADLINE_S, alive, group_members
from launch import LaunchDescription, LaunchService
from launch.actions import (
    EmitEvent,
    ExecuteProcess,
    OpaqueFunction,
    RegisterEventHandler,
    Shutdown,
    TimerAction,
)
from launch.event_handlers import OnProcessExit, OnProcessIO, OnProcessStart
from launch.events import Shutdown as ShutdownEvent
from launch.events.process import SendStdin, ShutdownProcess, SignalProcess, matches_name

STUBBORN = (
    "import signal, sys, time\n"
    "for s in (signal.SIGINT, signal.SIGTERM): signal.signal(s, signal.SIG_IGN)\n"
    "print('ready', flush=True)\n"
    "time.sleep(600)"
)


def run(*entities: Any, **options: Any) -> int:
    service = LaunchService(**options)
    service.include_launch_description(LaunchDescription(entities))
    killer = threading.Timer(DEADLINE_S, service.shutdown)
    killer.start()
    try:
        return service.run()
    finally:
        killer.cancel()


def python(code: str, **options: Any) -> ExecuteProcess:
    return ExecuteProcess(cmd=[sys.executable, "-u", "-c", code], **options)


def test_output_lines_carry_the_name(capsys: pytest.CaptureFixture[str]) -> None:
    action = python(
        "import sys; print('one'); print('two', end=''); sys.stderr.write('three\\n')", output="screen"
    )
    assert run(action) == 0
    output = capsys.readouterr().out
    assert f"[{action.name}] one\n" in output
    assert f"[{action.name}] two\n" in output
    assert f"[{action.name}] three\n" in output
    assert f"[INFO] [{action.name}]: process started with pid [{action.process_details['pid']}]" in output
    assert "process has finished cleanly" in output


def test_output_log_goes_to_the_file_and_errors_to_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    from launch.logging import launch_config

    run(python("import sys; print('quiet'); sys.stderr.write('loud\\n')"))
    output = capsys.readouterr().out
    assert "quiet" not in output
    assert "loud" in output
    with open(launch_config.get_log_file_path()) as file:
        content = file.read()
    assert "quiet" in content
    assert "loud" in content
    assert launch_config.log_dir.startswith(os.environ["ROS_LOG_DIR"])


def test_cached_output_and_return_code(capsys: pytest.CaptureFixture[str]) -> None:
    action = python("import sys; print('x' * 10); sys.exit(3)", cached_output=True)
    assert run(action) == 0
    assert action.get_stdout() == "x" * 10 + "\n"
    assert action.get_stderr() == ""
    assert action.return_code == 3
    assert "process has died [pid" in capsys.readouterr().out


def test_output_that_is_no_sink_is_refused() -> None:
    assert run(python("pass", output="nowhere")) == 1


def test_emulate_tty_gives_a_terminal() -> None:
    action = python(
        "import sys; print(sys.stdout.isatty(), sys.stderr.isatty())", emulate_tty=True, cached_output=True
    )
    run(action)
    assert action.get_stdout().split() == ["True", "True"]


def test_environment_and_folder(tmp_path: Any) -> None:
    action = python(
        "import os; print(os.environ['ADDED'], os.environ.get('HOME', 'none'), os.getcwd())",
        additional_env={"ADDED": "yes"},
        cwd=str(tmp_path),
        cached_output=True,
    )
    run(action)
    assert action.get_stdout().split() == ["yes", os.environ["HOME"], str(tmp_path)]


def test_shell_and_missing_executable(capsys: pytest.CaptureFixture[str]) -> None:
    shell = ExecuteProcess(cmd=["echo a && echo b"], shell=True, cached_output=True)
    missing = ExecuteProcess(cmd=["no-such-program-here"])
    run(shell, missing)
    assert shell.get_stdout() == "a\nb\n"
    assert "'no-such-program-here' cannot be executed" in capsys.readouterr().out


def test_handlers_see_start_output_and_exit() -> None:
    seen: list[Any] = []
    action = python("print('hello'); raise SystemExit(4)")
    other = python("print('other')")
    handlers = [
        OnProcessStart(target_action=action, on_start=lambda event, context: seen.append(event.pid)),
        OnProcessIO(target_action=action, on_stdout=lambda event: seen.append(event.text)),
        OnProcessExit(target_action=action, on_exit=lambda event, context: seen.append(event.returncode)),
    ]
    run(*map(RegisterEventHandler, handlers), action, other)
    assert seen[0] == action.process_details["pid"]
    assert b"".join(seen[1:-1]) == b"hello\n"
    assert seen[-1] == 4


def test_on_exit_can_end_the_launch() -> None:
    endless = ExecuteProcess(cmd=["sleep", "600"])
    assert run(endless, python("pass", on_exit=Shutdown(reason="done"))) == 0
    assert endless.return_code == -signal.SIGINT


def test_respawn_stops_after_the_retries(tmp_path: Any) -> None:
    marks = tmp_path / "marks"
    code = f"open({str(marks)!r}, 'a').write('x'); raise SystemExit(1)"
    run(python(code, respawn=True, respawn_delay=0.01, respawn_max_retries=2))
    assert marks.read_text() == "xxx"


def test_respawn_ends_with_the_launch() -> None:
    pids: list[int] = []
    action = python("raise SystemExit(1)", respawn=True)

    def on_start(event: Any, context: Any) -> Any:
        pids.append(event.pid)
        return Shutdown(reason="enough") if len(pids) == 3 else None

    assert run(RegisterEventHandler(OnProcessStart(target_action=action, on_start=on_start)), action) == 0
    assert len(pids) == 3


def test_stdin_and_signals() -> None:
    action = python(
        "import sys, time; sys.stdout.write(sys.stdin.readline()[:-1][::-1] + '\\n'); time.sleep(600)",
        cached_output=True,
    )

    def on_start(event: Any, context: Any) -> Any:
        return EmitEvent(event=SendStdin(text=b"abc\n", process_matcher=lambda other: other is action))

    def on_output(event: Any) -> Any:
        return EmitEvent(
            event=SignalProcess(signal_number="SIGTERM", process_matcher=matches_name(action.name))
        )

    run(
        RegisterEventHandler(OnProcessStart(target_action=action, on_start=on_start)),
        RegisterEventHandler(OnProcessIO(target_action=action, on_stdout=on_output)),
        action,
    )
    assert action.get_stdout() == "cba\n"
    assert action.return_code == -signal.SIGTERM


def test_escalation_reaches_a_process_that_ignores_signals(capsys: pytest.CaptureFixture[str]) -> None:
    action = python(STUBBORN, sigterm_timeout="0.2", sigkill_timeout="0.2")
    ready = OnProcessIO(target_action=action, on_stdout=lambda event: Shutdown(reason="test"))
    assert run(RegisterEventHandler(ready), action) == 0
    assert action.return_code == -signal.SIGKILL
    output = capsys.readouterr().out
    assert "escalating to 'SIGTERM'" in output
    assert "escalating to 'SIGKILL'" in output


def test_shutdown_process_event_stops_one_only() -> None:
    first = python("print('up'); import time; time.sleep(600)", respawn=True)
    second = python("print('up'); import time; time.sleep(600)")
    matcher = ShutdownProcess(process_matcher=lambda action: action is first)
    ended = OnProcessExit(
        target_action=first,
        on_exit=[
            OpaqueFunction(function=lambda context: alive_at_end.append(second.return_code)),
            Shutdown(),
        ],
    )
    alive_at_end: list[Any] = []
    run(
        RegisterEventHandler(
            OnProcessIO(target_action=first, on_stdout=lambda event: EmitEvent(event=matcher))
        ),
        RegisterEventHandler(ended),
        second,
        first,
    )
    assert alive_at_end == [None]
    assert first.return_code is not None


def test_children_of_a_shell_do_not_stay() -> None:
    action = ExecuteProcess(
        cmd=["trap '' INT; sleep 600 & echo $!; wait"], shell=True, cached_output=True, sigterm_timeout="0.2"
    )
    ready = OnProcessIO(target_action=action, on_stdout=lambda event: Shutdown(reason="test"))
    run(RegisterEventHandler(ready), action)
    assert not alive(int(action.get_stdout()))


def test_bad_timeout_names_the_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(python("pass", sigterm_timeout="soon")) == 1
    assert "parameter 'sigterm_timeout' is 'soon'" in capsys.readouterr().out


def test_timer_is_cancelled_by_shutdown() -> None:
    fired: list[int] = []
    late = TimerAction(period=600.0, actions=[OpaqueFunction(function=lambda context: fired.append(1))])
    soon = TimerAction(period=0.01, actions=[Shutdown()])
    start = time.monotonic()
    assert run(late, soon) == 0
    assert not fired
    assert time.monotonic() - start < DEADLINE_S


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 1)])
def test_signal_to_launch_alone_ends_everything(start: Any, number: signal.Signals, code: int) -> None:
    running = start(
        "[ExecuteProcess(cmd=['sleep', '600']), ExecuteProcess(cmd=['sh', '-c', 'echo up; sleep 600; true'], output='screen', sigterm_timeout='0.5')]"
    )
    running.wait_for("up")
    os.kill(running.process.pid, number)
    assert running.finish() == code
    assert group_members(running.process.pid) == []


def test_children_get_one_sigint_when_the_whole_group_does(start: Any, tmp_path: Any) -> None:
    marks = tmp_path / "signals"
    code = (
        "import signal, time\\n"
        f"log = open({str(marks)!r}, 'a', buffering=1)\\n"
        "signal.signal(signal.SIGINT, lambda *a: log.write('I'))\\n"
        "signal.signal(signal.SIGTERM, lambda *a: exit(0))\\n"
        "print('up', flush=True)\\n"
        "while True: time.sleep(0.05)"
    )
    running = start(
        f"[ExecuteProcess(cmd=[sys.executable, '-c', {code!r}.encode().decode('unicode_escape')], output='screen', sigterm_timeout='0.5')]"
    )
    running.wait_for("up")
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.finish() == 0
    assert marks.read_text() == "I"
    assert "escalating to 'SIGTERM'" in running.output


def test_second_and_third_sigint_escalate(start: Any) -> None:
    running = start(
        f"[ExecuteProcess(cmd=[sys.executable, '-c', {STUBBORN!r}], output='screen', sigterm_timeout='600', sigkill_timeout='600')]"
    )
    running.wait_for("ready")
    os.kill(running.process.pid, signal.SIGINT)
    running.wait_for("sending signal 'SIGINT'")
    os.kill(running.process.pid, signal.SIGINT)
    running.wait_for("sending signal 'SIGTERM'")
    os.kill(running.process.pid, signal.SIGINT)
    assert running.finish() == 1
    assert group_members(running.process.pid) == []


def test_error_in_an_action_stops_what_runs(start: Any) -> None:
    running = start(
        "[ExecuteProcess(cmd=['sleep', '600']), TimerAction(period=0.2, actions=[OpaqueFunction(function=lambda c: 1 / 0)])]"
    )
    assert running.finish() == 1
    assert "Caught exception in launch" in running.output
    assert "division by zero" in running.output
    assert group_members(running.process.pid) == []


def test_shutdown_from_another_thread() -> None:
    service = LaunchService()
    service.include_launch_description(LaunchDescription([python("import time; time.sleep(600)")]))
    stopper = threading.Timer(0.2, service.shutdown)
    stopper.start()
    assert service.run(shutdown_when_idle=False) == 0
    stopper.join()


def test_shutdown_while_a_process_is_being_started_stops_it() -> None:
    def shut_down_after(passes: int, context: Any) -> None:
        if passes == 0:
            context.emit_event_sync(ShutdownEvent(reason="test"))
        else:
            context.asyncio_loop.call_soon(shut_down_after, passes - 1, context)

    for passes in range(12):
        sleeper = ExecuteProcess(cmd=["sleep", "30"])
        begin = OpaqueFunction(function=lambda context, n=passes: shut_down_after(n, context))
        assert run(sleeper, begin) == 0
        assert sleeper.return_code in (None, -signal.SIGINT), f"shutdown after {passes} passes"


def test_an_error_behind_a_process_stops_it_while_it_is_being_started() -> None:
    def fail(context: Any) -> None:
        raise RuntimeError("no good")

    sleeper = ExecuteProcess(cmd=["sleep", "30"])
    assert run(sleeper, OpaqueFunction(function=fail)) == 1
    assert sleeper.return_code in (None, -signal.SIGINT)
