"""A command that does nothing but choose a verb."""

from __future__ import annotations

import argparse
from typing import Any

from ..command import CommandExtension, add_subparsers_on_demand


class VerbCommand(CommandExtension):
    """Base of commands with verbs; `VERB_GROUP` is their entry point group."""

    VERB_GROUP = ""
    HIDDEN_VERBS: tuple[str, ...] = ()

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the verbs."""
        self._subparser = parser
        add_subparsers_on_demand(parser, cli_name, "_verb", self.VERB_GROUP, required=False)

    def main(self, *, parser: argparse.ArgumentParser, args: argparse.Namespace) -> Any:
        """Run the chosen verb; without one, print the help."""
        if not hasattr(args, "_verb"):
            self._subparser.print_help()
            return 0
        return args._verb.main(args=args)
