"""Regular expressions that every engine around Prometheus takes and can run at a bounded cost.

A rule group with one expression that Go's RE2 refuses is refused as a whole, so a check by another engine will not do:
each of them takes something that RE2 does not. What passes here is the part of the syntax that they share.
"""

import re
from string import punctuation

_MOST_REPEATS = 100
"""Of one character, in nested repetitions together; RE2 itself ends at 1000, after it has used the memory."""
_DEEPEST = 20
_LONGEST = 1000
_CLASSES = frozenset("dDwWsS")
_CONTROLS = frozenset("tnr")
_POSIX = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r" \t",
    "digit": "0-9",
    "lower": "a-z",
    "space": r"\s",
    "upper": "A-Z",
    "word": r"\w",
    "xdigit": "0-9a-fA-F",
}
"""Classes that RE2 knows by name, and what they hold."""
_NAMED_CLASS = re.compile(r":(\^?)([a-z]+):\]")
"""What follows the bracket of `[:alpha:]`."""


class NotRe2(ValueError):
    """What to write instead, as a part of a sentence."""


def check(expression: str) -> None:
    """Raises NotRe2 unless the expression is safe and plain."""
    if len(expression) > _LONGEST:
        raise NotRe2(f"write at most {_LONGEST} characters")
    reader = _Reader(expression)
    reader.alternatives(0)
    if reader.left:
        raise NotRe2(r"write \) for a parenthesis that opens no group")


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    @property
    def left(self) -> str:
        return self._text[self._at :]

    def alternatives(self, depth: int) -> int:
        """Reads up to the end of the group; how often at most a character in it is repeated."""
        if depth > _DEEPEST:
            raise NotRe2(f"nest groups at most {_DEEPEST} deep")
        most = 1
        while self.left and not self.left.startswith(")"):
            if self._take("|"):
                continue
            repeats = self._atom(depth)
            most = max(most, repeats if repeats == 0 else repeats * self._repetition())
            if most > _MOST_REPEATS:
                raise NotRe2(f"repeat at most {_MOST_REPEATS} times, in nested groups together")
        return most

    def _take(self, text: str) -> bool:
        if not self.left.startswith(text):
            return False
        self._at += len(text)
        return True

    def _next(self) -> str:
        if not self.left:
            raise NotRe2("end it properly")
        self._at += 1
        return self._text[self._at - 1]

    def _atom(self, depth: int) -> int:
        """Zero for what cannot be repeated."""
        match character := self._next():
            case "(":
                return self._group(depth)
            case "[":
                self._class()
            case "\\":
                return self._escape()
            case "^" | "$":
                return self._unrepeated()
            case "*" | "+" | "?" | "{" | "}" | "]":
                raise NotRe2(rf"write \{character} for the character {character}")
        return 1

    def _group(self, depth: int) -> int:
        if self._take("?i)"):
            return self._unrepeated()
        if not self._take("?:") and not self._take("?i:") and self.left.startswith("?"):
            raise NotRe2("of groups that begin with (? write only (?: and (?i")
        most = self.alternatives(depth + 1)
        if not self._take(")"):
            raise NotRe2("close each group with )")
        return most

    def _escape(self) -> int:
        character = self._next()
        if character in "bB":
            return self._unrepeated()
        if character not in _CLASSES and character not in _CONTROLS and character not in punctuation:
            raise NotRe2(rf"write {character} instead of \{character}")
        return 1

    def _unrepeated(self) -> int:
        if self.left[:1] in {"*", "+", "?", "{"} - {""}:
            raise NotRe2(f"repeat something that has a length instead of writing {self.left[0]} there")
        return 0

    def _repetition(self) -> int:
        """How often at most; what has no bound counts once, for it costs no states."""
        if self._take("{"):
            low, comma, high = self.left.partition("}")[0].partition(",")
            if not self._take(f"{low}{comma}{high}}}") or not _is_count(low) or (high and not _is_count(high)):
                raise NotRe2(r"write \{ for a brace, or {2,5} for a number of times")
            if high and int(high) < int(low):
                raise NotRe2(f"write {{{high},{low}}} instead of {{{low},{high}}}")
            times = max(int(low), int(high or 0), 1)
        else:
            times = 1
            if not any(self._take(sign) for sign in "*+?"):
                return times
        self._take("?")
        if self.left[:1] in {"*", "+", "?", "{"}:
            raise NotRe2("repeat once: put what is repeated twice into a group")
        return times

    def _class(self) -> None:
        self._take("^")
        empty = True
        while not self._take("]"):
            empty = False
            low = self._member()
            if not self.left.startswith("-") or self.left.startswith("-]"):
                continue
            self._next()
            high = self._member()
            if low is None or high is None or high < low:
                raise NotRe2("write ranges in brackets from the lower to the higher character, such as [a-z]")
        if empty:
            raise NotRe2("put characters between [ and ]")

    def _member(self) -> str | None:
        """A character; None for a class of them."""
        character = self._next()
        if character == "[":
            if named := _NAMED_CLASS.match(self.left):
                raise NotRe2(_instead_of(named[1], named[2]))
            raise NotRe2(r"write \[ for a bracket in brackets")
        if character != "\\":
            return character
        character = self._next()
        if character in _CLASSES:
            return None
        if character not in _CONTROLS and character not in punctuation:
            raise NotRe2(rf"write {character} instead of \{character}")
        return {"t": "\t", "n": "\n", "r": "\r"}.get(character, character)


def _instead_of(negated: str, name: str) -> str:
    """What to write for a class of characters that stands by its name in brackets."""
    held = _POSIX.get(name)
    if negated or held is None:
        return f"write the characters themselves, such as [a-zA-Z] or [^0-9], instead of [:{negated}{name}:]"
    return f"write {held} instead of [:{name}:], such as [{held}] for [[:{name}:]]"


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4
