"""Errors of the simulator server."""


class ConfigurationError(Exception):
    """The server cannot start with the given options; the message says what to change."""


class RpcError(Exception):
    """A call is answered with this message, which the client raises as ``RuntimeError``."""


class ArgumentError(RpcError):
    """An argument of a call has the wrong type, size or value."""


class ProtocolError(Exception):
    """A peer sent bytes that are not the protocol; its connection is closed."""
