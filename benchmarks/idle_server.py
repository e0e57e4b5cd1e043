"""A server that does nothing: what remains of a tick when the world costs nothing. A helper of `benchmarks.sim`.

It starts as the embedded simulator, so that a real client can connect and spawn what it likes. On SIGUSR1 it stops
simulating and answers every `tick_cue` from then on with the last snapshot, of which it changes frame number and time
alone: one blocking receive, two sends. It ends with the client's connection.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import sys

import msgpack

from carla_drl_sim.connection import RpcConnection
from carla_drl_sim.protocol.rpc_framing import pack_response
from carla_drl_sim.protocol.streams import WORLD_STREAM_ID
from carla_drl_sim.server import Server
from carla_drl_sim.stream_hub import Subscriber
from carla_drl_sim.warm_up import warm_up

_FRAME_AND_TIME = struct.Struct("<Qd")
_FRAME_OFFSET = 12
"""In a snapshot message: after its size and the sensor's type."""

_RECEIVE_BYTES = 1 << 16


class IdleServer(Server):
    """The embedded simulator that can stop simulating."""

    def serve_prepared(self) -> None:
        """Answer the ticks of the only client with the last snapshot until it goes.

        Raises:
            RuntimeError: when there is more than one client, or it asks for something else than a tick.
        """
        episode = self._simulator.episode
        episode.snapshot.refresh()
        message = bytearray(episode.snapshot_message())
        calls = [peer.socket for peer in self._peers.values() if isinstance(peer, RpcConnection)]
        streams = [
            peer.socket
            for peer in self._peers.values()
            if isinstance(peer, Subscriber) and peer.stream_id == WORLD_STREAM_ID
        ]
        if len(calls) != 1 or len(streams) != 1:
            raise RuntimeError(
                f"{len(calls)} RPC and {len(streams)} stream connections; one of each is needed"
            )
        call, stream = calls[0], streams[0]
        for connection in (call, stream):
            connection.setblocking(True)
        self._serve(call, stream, message, episode.frame, episode.elapsed_s)

    @staticmethod
    def _serve(
        call: socket.socket, stream: socket.socket, message: bytearray, frame: int, time_s: float
    ) -> None:
        requests = msgpack.Unpacker()
        while data := call.recv(_RECEIVE_BYTES):
            requests.feed(data)
            for _, request, method, _ in requests:
                if method != "tick_cue":
                    raise RuntimeError(f"asked for {method}; this server only ticks")
                frame += 1
                time_s += 0.05
                _FRAME_AND_TIME.pack_into(message, _FRAME_OFFSET, frame, time_s)
                stream.sendall(message)
                call.sendall(pack_response(request, None, [[1, frame]]))


def main() -> None:
    """Serve on the port named on the command line."""
    warm_up("Town01")
    server = IdleServer("127.0.0.1", int(sys.argv[1]), "Town01", 0, 20.0, synchronous=False)
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    signal.signal(signal.SIGUSR1, lambda *_: server.stop())
    server.listen()
    server.run(wake_read)
    server.serve_prepared()


if __name__ == "__main__":
    main()
