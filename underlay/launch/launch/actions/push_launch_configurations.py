"""Upstream's module of `PushLaunchConfigurations`."""

from .launch_configuration_scope import PushLaunchConfigurations

__all__ = ["PushLaunchConfigurations"]
