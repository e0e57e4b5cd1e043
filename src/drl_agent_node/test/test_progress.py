import io
import math
import os

from drl_agent_node.progress import (
    Progress,
    ProgressPrinter,
    RateMeter,
    format_bar,
    format_duration,
    format_line,
)

HALF = Progress(50_000, 100_000, 1234.6, 12.34, 0.5, 75.0)
UNKNOWN = Progress(0, 100_000, math.nan, math.nan, math.nan, math.nan)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_line_has_the_numbers():
    assert format_line(HALF) == " 50% 50,000/100,000 steps, 1,235 steps/s, return 12.3, success 50%, ETA 1:15"
    assert format_line(UNKNOWN) == "  0% 0/100,000 steps, - steps/s, return -, success -, ETA ?"


def test_bar_fits_the_terminal():
    assert format_bar(HALF, 200).startswith("[##########..........] ")
    assert len(format_bar(HALF, 40)) == 39


def test_durations():
    assert [format_duration(s) for s in (0, 59.6, 3661, math.inf, math.nan)] == [
        "0:00",
        "1:00",
        "1:01:01",
        "?",
        "?",
    ]


def test_rate_is_over_the_last_seconds():
    meter = RateMeter(window_s=10.0)
    assert math.isnan(meter.update(0.0, 0))
    for second in range(1, 21):
        rate = meter.update(float(second), 100 * second)
    assert rate == 100.0
    for second in range(21, 41):
        rate = meter.update(float(second), 2000 + 10 * (second - 20))
    assert rate == 10.0


def test_terminal_line_renews_itself():
    stream = Terminal()
    printer = ProgressPrinter(stream)
    printer.show(HALF, 0.0)
    printer.show(HALF, 1.0)
    printer.finish()
    printer.finish()
    assert stream.getvalue().count("\r") == 2
    assert stream.getvalue().count("\n") == 1


def test_pipe_gets_lines_every_two_seconds_and_files_every_five(tmp_path):
    read_end, write_end = os.pipe()
    with os.fdopen(read_end) as reader, os.fdopen(write_end, "w") as pipe:
        printer = ProgressPrinter(pipe)
        assert printer.due(0.0)
        printer.show(HALF, 0.0)
        assert not printer.due(1.9)
        assert printer.due(2.0)
        assert reader.readline() == format_line(HALF) + "\n"
    with (tmp_path / "out.txt").open("w") as file:
        printer = ProgressPrinter(file)
        printer.show(HALF, 0.0)
        assert not printer.due(4.9)
        assert printer.due(5.0)
