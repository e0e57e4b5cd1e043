"""Checks what is given as remappings."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any

from launch import Substitution
from launch.utilities import normalize_to_list_of_substitutions

SomeRemapRule = tuple[Any, Any]
SomeRemapRules = Iterable[SomeRemapRule]
NormalizedRule = tuple[list[Substitution], list[Substitution]]


def normalize_remap_rule(remap_rule: SomeRemapRule) -> NormalizedRule:
    """Return both sides as lists of substitutions; TypeError unless there are two."""
    if isinstance(remap_rule, (str, Substitution)) or len(tuple(remap_rule)) != 2:
        raise TypeError(f"remapping is {remap_rule!r}; a pair (from, to) is expected")
    source, target = remap_rule
    return normalize_to_list_of_substitutions(source), normalize_to_list_of_substitutions(target)


def normalize_remap_rules(remap_rules: SomeRemapRules) -> Generator[NormalizedRule, None, None]:
    """Yield the rules with both sides as lists of substitutions."""
    if isinstance(remap_rules, (str, Substitution)):
        raise TypeError(f"'remappings' is {remap_rules!r}; a list of pairs (from, to) is expected")
    for rule in remap_rules:
        yield normalize_remap_rule(rule)
