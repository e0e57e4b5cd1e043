"""Error of launch files that cannot be loaded."""

from __future__ import annotations

from collections.abc import Sequence


class InvalidLaunchFileError(Exception):
    """No way to read the file worked; `likely_errors` holds what each one said."""

    def __init__(self, extension: str = "", *, likely_errors: Sequence[Exception] | None = None) -> None:
        self._extension = extension
        self._likely_errors = list(likely_errors or [])
        reasons = "; ".join(str(error) for error in self._likely_errors)
        super().__init__(
            f"the launch file could not be loaded{f' ({extension})' if extension else ''}"
            + (f": {reasons}" if reasons else "")
        )
        if self._likely_errors:
            self.__cause__ = self._likely_errors[0]
