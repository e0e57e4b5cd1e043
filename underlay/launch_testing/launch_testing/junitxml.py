"""Results as JUnit XML."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree


def unittestResultsToXml(  # noqa: N802 (upstream's name)
    *, name: str = "launch_test", test_results: dict[Any, list[Any]]
) -> ElementTree.ElementTree[ElementTree.Element]:
    """Return a document of all runs' results, one test suite for each run."""
    root = ElementTree.Element("testsuites", name=name)
    for run, results in test_results.items():
        suite = ElementTree.SubElement(root, "testsuite", name=str(run))
        counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
        for result in results:
            problems = {test: (kind, text) for kind, test, text in result.problems()}
            skipped = {str(test): reason for test, reason in result.skipped}
            names = {str(test): seconds for test, seconds in result.durations_s.items()}
            for test in dict.fromkeys([*names, *problems]):
                method, _, where = test.partition(" ")
                case = ElementTree.SubElement(
                    suite,
                    "testcase",
                    classname=f"{name}.{where.strip('()') or run}",
                    name=method,
                    time=f"{names.get(test, 0.0):.3f}",
                )
                counts["tests"] += 1
                if test in problems:
                    kind, text = problems[test]
                    counts["failures" if kind == "failure" else "errors"] += 1
                    lines = text.strip().splitlines() or [kind]
                    ElementTree.SubElement(case, kind, message=lines[-1]).text = text
                elif test in skipped:
                    counts["skipped"] += 1
                    ElementTree.SubElement(case, "skipped", message=skipped[test])
        suite.attrib.update({key: str(value) for key, value in counts.items()})
    return ElementTree.ElementTree(root)
