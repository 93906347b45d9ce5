"""Where the words of a PromQL text begin and end.

Not a parser: enough to say how deep a text can nest before a parser goes down that deep, and to point at a word.
"""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<space>\s+ | \#[^\n]*)
    | (?P<text>"(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | `[^`]*`)
    | (?P<word>[0-9.]+[eE][+-][0-9]+ | [a-zA-Z0-9_:.]+)
    | (?P<sign>=~ | !~ | == | != | <= | >= | .)
    """,
    re.VERBOSE | re.DOTALL,
)
_DEEPENING_WORDS = frozenset({"and", "or", "unless", "atan2"})
_DEEPENING_SIGNS = frozenset({"+", "-", "*", "/", "%", "^", "==", "!=", "<", ">", "<=", ">="})


CLOSING = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True, slots=True)
class Token:
    text: str
    start: int
    """Characters before it."""
    deepens: bool
    """Whether a tree may be one level deeper for it."""

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def tokens(text: str) -> list[Token]:
    """The words, signs and quoted texts; spaces and comments are left out."""
    found = []
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "space":
            continue
        word = match.group()
        deepens = word.lower() in _DEEPENING_WORDS if match.lastgroup == "word" else word in _DEEPENING_SIGNS
        found.append(Token(word, match.start(), deepens))
    return found


def depth(text: str) -> int:
    """A bound on the levels of the text's tree: a group has one for itself, its operators and its deepest group."""
    groups = [_Group("")]
    for token in tokens(text):
        if token.text in CLOSING:
            groups.append(_Group(CLOSING[token.text]))
        elif token.text == groups[-1].closing:
            closed = groups.pop()
            groups[-1].deepest = max(groups[-1].deepest, closed.levels)
        elif token.deepens:
            groups[-1].operators += 1
    return sum(group.operators + 1 for group in groups) + max(group.deepest for group in groups)


@dataclass(slots=True)
class _Group:
    closing: str
    operators: int = 0
    deepest: int = 0

    @property
    def levels(self) -> int:
        return 1 + self.operators + self.deepest


def place(text: str, at: int) -> str:
    """For people: `character 7`, or with its line where there are several."""
    line, column = text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1
    return f"line {line}, character {column}" if "\n" in text.rstrip() else f"character {column}"
