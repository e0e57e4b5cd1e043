"""Network and shared memory, which discovery and transport need."""

from __future__ import annotations

import os
import socket

from . import DoctorCheck, Result, doctor_error, doctor_warn

_GROUP = "239.255.0.1"  # where Fast DDS announces participants
_FREE_MIN = 64 * 1024 * 1024


class DiscoveryCheck(DoctorCheck):
    """Can this machine join the multicast group of discovery."""

    def category(self) -> str:
        """Return the report's name."""
        return "network"

    def check(self) -> Result:
        """Check it."""
        result = Result()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                request = socket.inet_aton(_GROUP) + socket.inet_aton("0.0.0.0")
                probe.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
            except OSError as error:
                doctor_warn(
                    f"multicast group {_GROUP} cannot be joined, nodes may not find each other: {error}"
                )
                result.add_warning()
        return result


class SharedMemoryCheck(DoctorCheck):
    """Is there room for the transport between processes."""

    def category(self) -> str:
        """Return the report's name."""
        return "platform"

    def check(self) -> Result:
        """Check it."""
        result = Result()
        try:
            state = os.statvfs("/dev/shm")
        except OSError as error:
            doctor_error(f"/dev/shm is not there: {error}")
            result.add_error()
            return result
        free = state.f_bavail * state.f_frsize
        if free < _FREE_MIN:
            doctor_warn(f"/dev/shm has {free // 1024} KiB left; large messages need {_FREE_MIN // 1024} KiB")
            result.add_warning()
        return result
