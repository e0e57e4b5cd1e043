"""Shows manifests."""

from __future__ import annotations

import argparse
import os

from . import VerbExtension


class XMLVerb(VerbExtension):
    """Output the XML of the package manifest or a specific tag."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import package_name_completer

        argument = parser.add_argument("package_name", help="The package name")
        argument.completer = package_name_completer  # type: ignore[attr-defined]
        parser.add_argument("-t", "--tag", help="The XML tag to output, e.g. 'version'")

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Print it."""
        from ..api import get_prefix_path

        prefix = get_prefix_path(args.package_name)
        if prefix is None:
            return "Package not found"
        path = os.path.join(prefix, "share", args.package_name, "package.xml")
        if not os.path.isfile(path):
            return f"package manifest '{path}' does not exist"
        with open(path, encoding="utf-8") as file:
            content = file.read()
        if not args.tag:
            print(content, end="")
            return None
        import xml.etree.ElementTree as ElementTree

        found = ElementTree.fromstring(content).findall(args.tag)
        if not found:
            return f"No tag '{args.tag}' found in '{path}'"
        for element in found:
            text = "".join(element.itertext()).strip()
            if text:
                print(text)
        return None
