"""Upstream's module of `ResetLaunchConfigurations`."""

from .launch_configuration_scope import ResetLaunchConfigurations

__all__ = ["ResetLaunchConfigurations"]
