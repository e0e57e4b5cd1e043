"""Errors of declarative launch files."""


class InvalidFrontendLaunchFileError(Exception):
    """A declarative launch file is not valid."""


class SubstitutionParseError(InvalidFrontendLaunchFileError):
    """A text has a substitution that is not valid."""
