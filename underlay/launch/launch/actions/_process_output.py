"""Output of a process: protocol, pseudo terminals, lines."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
from collections.abc import Callable


class LineBuffer:
    """Cuts bytes into lines of text and passes each on, without its end."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""

    def add(self, data: bytes) -> None:
        """Take more bytes; complete lines are passed on."""
        *lines, self._rest = (self._rest + self._decoder.decode(data)).split("\n")
        for line in lines:
            self._write(line.rstrip("\r"))

    def flush(self) -> None:
        """Pass on an incomplete last line."""
        self._rest += self._decoder.decode(b"", final=True)
        self._decoder.reset()
        if self._rest:
            self._write(self._rest.rstrip("\r"))
        self._rest = ""


class _TerminalReader(asyncio.Protocol):
    """Reads our end of a pseudo terminal."""

    def __init__(self, owner: ProcessProtocol, fd: int) -> None:
        self._owner = owner
        self._fd = fd

    def data_received(self, data: bytes) -> None:
        self._owner.pipe_data_received(self._fd, data)

    def connection_lost(self, exception: Exception | None) -> None:
        self._owner.pipe_connection_lost(self._fd, exception)


class ProcessProtocol(asyncio.SubprocessProtocol):
    """Sets `exited` when the process ends and calls `on_data(fd, data)` for its output."""

    def __init__(self, exited: asyncio.Event, on_data: Callable[[int, bytes], None]) -> None:
        self._exited = exited
        self._on_data = on_data
        self._open = {1, 2}
        self._all_closed = asyncio.Event()
        self._terminals: list[asyncio.ReadTransport] = []
        self._early: list[tuple[int, bytes]] | None = []

    def start_delivery(self) -> None:
        """Pass on the output that came so far, and from now on at once."""
        early, self._early = self._early or [], None
        for fd, data in early:
            self._on_data(fd, data)

    async def read_terminal(self, loop: asyncio.AbstractEventLoop, terminal: int, fd: int) -> None:
        """Read from our end of a pseudo terminal as stream `fd`."""
        file = os.fdopen(terminal, "rb", buffering=0)
        transport, _ = await loop.connect_read_pipe(lambda: _TerminalReader(self, fd), file)
        self._terminals.append(transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Pass output on, after `start_delivery`."""
        if self._early is None:
            self._on_data(fd, data)
        else:
            self._early.append((fd, data))

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Note that a stream has ended."""
        self._open.discard(fd)
        if not self._open:
            self._all_closed.set()

    def process_exited(self) -> None:
        """Note that the process has ended."""
        self._exited.set()

    async def wait_for_end_of_output(self, timeout_s: float) -> None:
        """Wait until both streams are read to the end; a descendant may hold them open, so not for ever."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._all_closed.wait(), timeout=timeout_s)
        for transport in self._terminals:
            transport.close()
