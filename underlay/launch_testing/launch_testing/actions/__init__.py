"""Actions of test descriptions."""

from .ready import ReadyToTest

__all__ = ["ReadyToTest"]
