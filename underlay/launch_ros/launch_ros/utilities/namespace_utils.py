"""Namespaces as text."""

from __future__ import annotations


def is_root_namespace(namespace: str) -> bool:
    """Whether the namespace is `/`."""
    return namespace == "/"


def is_namespace_absolute(namespace: str) -> bool:
    """Whether the namespace starts with `/`."""
    return namespace.startswith("/")


def make_namespace_absolute(namespace: str) -> str:
    """Return the namespace with a `/` before it."""
    return namespace if is_namespace_absolute(namespace) else "/" + namespace


def prefix_namespace(base: str | None, namespace: str | None) -> str | None:
    """Return `namespace` below `base`; an absolute one stands for itself, None for nothing."""
    if namespace is None or namespace == "":
        return base
    if base is None or base == "" or is_namespace_absolute(namespace):
        joined = namespace
    else:
        joined = base.rstrip("/") + "/" + namespace
    return joined.rstrip("/") or "/"
