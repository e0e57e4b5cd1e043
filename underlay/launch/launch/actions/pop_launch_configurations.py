"""Upstream's module of `PopLaunchConfigurations`."""

from .launch_configuration_scope import PopLaunchConfigurations

__all__ = ["PopLaunchConfigurations"]
