"""Texts with substitutions such as `$(var name)`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..substitution import Substitution
from ..substitutions.text_substitution import TextSubstitution
from .errors import SubstitutionParseError
from .expose import substitution_makers

_NAME = re.compile(r"[A-Za-z_][\w-]*")


class _Reader:
    """Reads a text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def parts(self) -> list[Substitution]:
        """Return the whole text as texts and substitutions."""
        return self._until("")

    def _until(self, ends: str) -> list[Substitution]:
        """Return what comes before one of the characters, or before the end if there are none."""
        found: list[Substitution] = []
        letters = ""
        while self._at < len(self._text) and self._text[self._at] not in ends:
            if self._text.startswith("\\$", self._at):
                letters += "$"
                self._at += 2
            elif self._text.startswith("$(", self._at):
                if letters:
                    found.append(TextSubstitution(text=letters))
                    letters = ""
                found.append(self._substitution())
            else:
                letters += self._text[self._at]
                self._at += 1
        if letters:
            found.append(TextSubstitution(text=letters))
        return found

    def _substitution(self) -> Substitution:
        start = self._at
        match = _NAME.match(self._text, start + 2)
        if match is None:
            raise self._error(start, "has no name")
        name = match.group()
        self._at = match.end()
        arguments: list[list[Substitution]] = []
        while True:
            self._skip_blanks()
            if self._at >= len(self._text):
                raise self._error(start, "is not closed")
            if self._text[self._at] == ")":
                self._at += 1
                break
            arguments.append(self._argument(start))
        if name not in substitution_makers:
            allowed = ", ".join(sorted(substitution_makers))
            raise SubstitutionParseError(f"'$({name} ...)' in '{self._text}' is unknown; allowed: {allowed}")
        try:
            made: Substitution = substitution_makers[name](arguments)
        except (TypeError, ValueError, IndexError) as error:
            raise self._error(start, f"has wrong arguments: {error}") from error
        return made

    def _argument(self, start: int) -> list[Substitution]:
        quote = self._text[self._at]
        if quote not in "'\"":
            return self._until(" \t\n)")
        self._at += 1
        found = self._until(quote)
        if self._at >= len(self._text):
            raise self._error(start, f"has no closing {quote}")
        self._at += 1
        return found or [TextSubstitution(text="")]

    def _skip_blanks(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _error(self, start: int, problem: str) -> SubstitutionParseError:
        return SubstitutionParseError(f"substitution '{self._text[start:]}' {problem}")


def parse_substitution(value: str) -> list[Substitution]:
    """Return the texts and substitutions that a text is made of; SubstitutionParseError if it is not valid."""
    return _Reader(value).parts() or [TextSubstitution(text="")]


def parse_if_substitutions(value: Any) -> Any:
    """Return a text as substitutions, a list with its texts so, and everything else as it is."""
    if isinstance(value, str):
        return parse_substitution(value)
    if isinstance(value, list):
        return [parse_if_substitutions(item) for item in value]
    return value


def split_words(parts: Sequence[Substitution]) -> list[list[Substitution]]:
    """Return the words of a command line; blanks inside quotes or substitutions do not split."""
    words: list[list[Substitution]] = []
    word: list[Substitution] = []
    letters, quote, open_word = "", "", False
    for part in parts:
        if not isinstance(part, TextSubstitution):
            if letters:
                word.append(TextSubstitution(text=letters))
                letters = ""
            word.append(part)
            open_word = True
            continue
        for letter in part.text:
            if quote:
                if letter == quote:
                    quote = ""
                else:
                    letters += letter
            elif letter in "'\"":
                quote, open_word = letter, True
            elif letter.isspace():
                if open_word:
                    words.append([*word, TextSubstitution(text=letters)] if letters or not word else word)
                word, letters, open_word = [], "", False
            else:
                letters += letter
                open_word = True
    if quote:
        raise SubstitutionParseError(f"a command line has no closing {quote}")
    if open_word:
        words.append([*word, TextSubstitution(text=letters)] if letters or not word else word)
    return words
