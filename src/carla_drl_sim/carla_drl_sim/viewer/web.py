"""Serves the page, the map and a stream of frames on loopback, in threads of its own."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from carla_drl_sim.errors import ConfigurationError
from carla_drl_sim.viewer import frames, map_drawing
from carla_drl_sim.viewer.frames import Frames
from carla_drl_sim.viewer.page import PAGE

_log = logging.getLogger(__name__)

HOST = "127.0.0.1"
MAX_WATCHERS = 16
_BEAT_S = 2.0
"""How often a stream without frames shows that it is alive, and finds out whether its reader is."""

_HOSTS = frozenset({"127.0.0.1", "localhost"})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log why a request ended; a reader that has left is no failure."""
        if isinstance(sys.exc_info()[1], OSError):
            _log.debug("view: the reader has left")
        else:
            _log.exception("the view failed")


class Viewer:
    """The web server of the view.

    Args:
        port: 0 takes a free one.
        frames: where the world comes from.

    Raises:
        ConfigurationError: the port cannot be opened.
    """

    def __init__(self, port: int, source: Frames) -> None:
        self._source = source
        self._stopping = threading.Event()
        self._map_lock = threading.Lock()
        self._map: tuple[int, str] = (-1, "")
        viewer = self

        class Handler(_Handler):
            owner = viewer

        try:
            self._server = _Server((HOST, port), Handler)
        except OSError as error:
            raise ConfigurationError(
                f"--view {port}: port {port} on {HOST} cannot be opened ({error.strerror}): choose another"
            ) from None
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="viewer", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Address of the page."""
        return f"http://{HOST}:{self.port}/"

    def close(self) -> None:
        """End the server and its streams."""
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def map(self) -> str:
        """The map of the latest frame, as JSON; empty when there is no frame yet."""
        frame = self._source.latest()
        if frame is None:
            return ""
        with self._map_lock:
            if self._map[0] != frame.episode:
                self._map = (frame.episode, map_drawing.as_json(frame.town, frame.episode))
            return self._map[1]

    def stream(self, handler: BaseHTTPRequestHandler) -> None:
        """Write frames as server-sent events until the reader leaves."""
        self._source.watchers += 1
        last = 0
        try:
            while not self._stopping.is_set():
                frame = self._source.after(last, _BEAT_S)
                if frame is None:
                    handler.wfile.write(b": alive\n\n")
                    continue
                last = frame.number
                handler.wfile.write(f"data: {frames.as_json(frame)}\n\n".encode())
        finally:
            self._source.watchers -= 1

    @property
    def is_full(self) -> bool:
        """Whether no more readers are taken."""
        return self._source.watchers >= MAX_WATCHERS


class _Handler(BaseHTTPRequestHandler):
    owner: Viewer
    protocol_version = "HTTP/1.0"
    timeout = 30.0

    def do_GET(self) -> None:
        """Answer one request."""
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        if host not in _HOSTS:  # a page from elsewhere, under a name that leads here
            self.send_error(HTTPStatus.FORBIDDEN, "this view is for the same machine")
            return
        path = urlsplit(self.path).path
        with contextlib.suppress(OSError):  # the reader has left
            if path == "/":
                self._send("text/html; charset=utf-8", PAGE)
            elif path == "/map.json" and (text := self.owner.map()):
                self._send("application/json", text)
            elif path == "/events":
                self._events()
            else:
                self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002  (as in the base class)
        """Log requests with the server's other messages."""
        _log.debug("view: " + format, *values)

    def _send(self, kind: str, text: str) -> None:
        data = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(data)

    def _events(self) -> None:
        if self.owner.is_full:
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE, f"{MAX_WATCHERS} pages are open already")
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.owner.stream(self)
