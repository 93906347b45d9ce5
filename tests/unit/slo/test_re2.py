"""What passes as a regular expression is read by every engine, at a bounded cost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases

from goserviceslo.slo.re2 import NotRe2, check


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "5..",
        "200|500",
        "(a|b)+?",
        "(?:a{2,5}){2}",
        "(?i)a",
        "(?i:a)b",
        r"\d+\.\w*",
        "[a-z0-9_.-]+",
        r"[^\]\d]",
        "^a$",
        r"\bx",
        "a||b",
        "()",
    ],
)
def test_the_usual_passes(expression: str) -> None:
    check(expression)


@cases(
    "expression, advice",
    {
        "an open group": ("(a", r"close each group with \)"),
        "a group that never began": ("a)", r"write \\\) for"),
        "nothing to repeat": ("*a", r"write \\\* for"),
        "repeated twice": ("a**", "repeat once"),
        "a lazy one repeated": ("a+?+", "repeat once"),
        "a repeated edge": ("^*", "repeat something that has a length"),
        "a brace": ("a{b}", r"write \\\{ for a brace"),
        "a brace at the beginning": ("{a}", r"write \\\{"),
        "bounds the wrong way round": ("a{5,2}", r"write \{2,5\} instead of \{5,2\}"),
        "too often": ("a{101}", "repeat at most 100 times"),
        "too often together": ("((a{5}){5}){5}", "repeat at most 100 times"),
        "a named group": ("(?P<a>b)", "of groups that begin with"),
        "what looks ahead": ("a(?=b)", "of groups that begin with"),
        "a reference": (r"(a)\1", r"write 1 instead of \\1"),
        "a class of Unicode": (r"\pL", r"write p instead of \\p"),
        "an open class": ("[a", "end it properly"),
        "an empty class": ("[]", "put characters between"),
        "a bracket in brackets": ("[a[b]", r"write \\\[ for"),
        "a class by its name": ("[[:alpha:]]", r"write a-zA-Z instead of \[:alpha:\], such as \[a-zA-Z\]"),
        "a class by its name beside a character": ("[_[:digit:]]", r"write 0-9 instead of \[:digit:\]"),
        "all but a class by its name": ("[[:^space:]]", r"write the characters themselves, .* instead of \[:\^space:"),
        "a class of another name": ("[[:punct:]]", "write the characters themselves"),
        "a range the wrong way round": ("[z-a]", "from the lower to the higher"),
        "a range to a class": (r"[a-\d]", "from the lower to the higher"),
        "an escape of nothing": ("a\\", "end it properly"),
        "nested without end": ("(" * 30 + ")" * 30, "nest groups at most 20 deep"),
        "without end": ("a" * 1001, "at most 1000 characters"),
    },
)
def test_what_engines_read_differently_is_refused(expression: str, advice: str) -> None:
    with pytest.raises(NotRe2, match=advice):
        check(expression)


@given(st.text(r"ab01()[]{}|*+?.^$\,-dwb:i", max_size=12))
def test_what_passes_is_a_regular_expression_to_python_too(expression: str) -> None:
    try:
        check(expression)
    except NotRe2:
        return
    if "(?i)" not in expression:  # Python wants it at the beginning
        re.compile(expression)
