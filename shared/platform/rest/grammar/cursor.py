"""A position in a parameter's text, with what was expected at the furthest position reached."""

import re
from typing import NoReturn

from shared.platform.rest.errors import RestRefusal, bad_query

END = "end of input"
_BLANKS = frozenset(" \t")
_PRINTABLE = re.compile(r"[ -~]")


class Cursor:
    """A position in a text.

    `source` names the parsed text for the message; `shift` counts its characters before `text`. To backtrack, set `at`
    back; what was expected stays known, unless `back` forgets it.
    """

    __slots__ = ("_expected", "_furthest", "_shift", "_source", "_unexpected", "at", "depth", "embeds", "items", "text")

    def __init__(self, text: str, source: str, *, shift: int = 0) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        """How many parentheses are open."""
        self.items = 0
        """How many items were selected so far, at any depth."""
        self.embeds = 0
        self._source = source
        self._shift = shift
        self._furthest = 0
        self._expected: list[str] = []
        self._unexpected = ""

    @property
    def ended(self) -> bool:
        return self.at >= len(self.text)

    def peek(self) -> str:
        """Return the next character; empty at the end."""
        return self.text[self.at : self.at + 1]

    def expect(self, *labels: str, unexpected: str | None = None) -> None:
        """Remember what could stand here."""
        if self.at < self._furthest:
            return
        if self.at > self._furthest or not self._expected:
            self._furthest, self._expected = self.at, []
            self._unexpected = self.peek() if unexpected is None else unexpected
        self._expected += labels

    def skip(self, literal: str) -> bool:
        """Move past the literal if the text goes on with it; return whether it does."""
        if self.text.startswith(literal, self.at):
            self.at += len(literal)
            return True
        same = 0
        while self.text.startswith(literal[: same + 1], self.at):
            same += 1
        self.expect(f'"{literal}"', unexpected=self.text[self.at + same : self.at + same + 1])
        return False

    def need(self, literal: str) -> None:
        if not self.skip(literal):
            self.fail()

    def match(self, pattern: re.Pattern[str], *labels: str) -> str | None:
        """Move past what the pattern matches here and return it; `labels` describe what would match."""
        found = pattern.match(self.text, self.at)
        if found is None:
            self.expect(*labels)
            return None
        self.at = found.end()
        return found[0]

    def back(self, at: int) -> None:
        """Move to an earlier position and forget what was expected after it: another reading begins there."""
        self.at = self._furthest = at
        self._expected = []

    def blanks(self) -> None:
        while self.text[self.at : self.at + 1] in _BLANKS:
            self.at += 1

    def end(self) -> None:
        """Refuse text behind the last thing that could be read."""
        if not self.ended:
            self.expect(END)
            self.fail()

    def fail(self) -> NoReturn:
        raise self.refusal()

    def refusal(self) -> RestRefusal:
        """Return the refusal: `"failed to parse … (…)" (line 1, column 4)`, what is there and what was expected."""
        message = f'"failed to parse {self._source} ({self.text})" ({self._position()})'
        expected = list(dict.fromkeys(self._expected))
        return bad_query(message, f"{self._stood(expected)} expecting {_either(expected)}")

    def _position(self) -> str:
        before = self.text[: self._furthest]
        line = before.count("\n") + 1
        shift = self._shift if line == 1 else 0
        return f"line {line}, column {shift + len(before) - before.rfind(chr(10))}"

    def _stood(self, expected: list[str]) -> str:
        if not self._unexpected:
            return f"unexpected {END}"
        shown = self._unexpected if _PRINTABLE.match(self._unexpected) else f"\\{ord(self._unexpected)}"
        if END in expected:
            return f"unexpected '{shown}'"
        return 'unexpected "\\""' if shown == '"' else f'unexpected "{shown}"'


def _either(labels: list[str]) -> str:
    if len(labels) < 2:  # noqa: PLR2004
        return "".join(labels)
    return f"{', '.join(labels[:-1])} or {labels[-1]}"
