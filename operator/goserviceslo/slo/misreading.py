"""Where a text stops being PromQL, and what could have stood there.

The parser says that a text is wrong, rarely where. A text is right up to the last word after which it can still be
completed; what completes it there is what was expected.
"""

import promql_parser

from goserviceslo.slo.tokens import CLOSING, Token, place, tokens

_COMPLETIONS = (
    ("", "nothing more"),
    ("x", "a metric or a function"),
    ("1", "a number"),
    ('"x"', "a text in quotes"),
    ('="x"', 'one of = != =~ !~ with a text in quotes, such as code="500"'),
    ('x="x"', 'a label with its value, such as code="500"'),
    ("5m", "a duration, such as 5m"),
    (":1m", "a colon and the step, such as :1m"),
    ("+ x", "an operator"),
    (",x", "a comma"),
    ('=="x"', "a comparison"),
    ("start()", "start() or end()"),
    ("~x", "a regular expression"),
    ("(x) x", "labels in parentheses"),
    ("x)(x", "a label"),
    ("(x)", "parentheses"),
)
"""Texts that may go on from somewhere, and what each is an example of."""
_OF_THE_GRAMMAR = (
    "invalid promql query",
    "invalid syntax",
    "unexpected",
    "unclosed",
    "unterminated",
    "unknown escape",
    "bad number or duration",
    "missing unit",
    "not a valid duration",
    "no expression found",
)
"""How the parser's messages begin that are about the text, not about the meaning of what it read."""

_ADVICE = {
    "vector selector must contain": "name the metric of each selector: one without a name reads every metric there is",
    "metric name must not be set twice": "name the metric of a selector once",
    "illegal regex": "write a regular expression that RE2 knows, with a \\ before each of ( ) [ ] { } for itself",
}
"""For messages that speak to the author of the parser."""


def misreading(text: str, message: str) -> str:
    """A sentence for a text that the parser refused with `message`."""
    if not _of_the_grammar(message):
        advice = next((own for beginning, own in _ADVICE.items() if message.startswith(beginning)), None)
        return advice or f"it means nothing to Prometheus: {message}"
    words = tokens(text)
    good, bad = 0, len(words) + 1
    # A text that cannot be completed cannot be completed by going on either.
    while bad - good > 1:
        middle = (good + bad) // 2
        if _completed(text, words[:middle]):
            good = middle
        else:
            bad = middle
    expected = _completed(text, words[:good])
    if good < len(words):
        found = f"{place(text, words[good].start)} ({words[good].text[:20]!r})"
    else:
        found = "its end"
        expected = [one for one in expected if one != "nothing more"]
    return f"it is no PromQL from {found} on: write {' or '.join(expected[:3]) or 'something else'} there"


def _completed(text: str, words: list[Token]) -> list[str]:
    """What the text can go on with after these words."""
    start = text[: words[-1].end] if words else ""
    closing = ""
    for word in words:
        if word.text in CLOSING:
            closing = CLOSING[word.text] + closing
        elif closing and word.text == closing[0]:
            closing = closing[1:]
    found = []
    for completion, name in _COMPLETIONS:
        if (completion or words) and _reads(f"{start} {completion}{closing}"):
            found.append(f"a closing {closing[0]}" if not completion and closing else name)
    return found


def _reads(text: str) -> bool:
    try:
        promql_parser.parse(text)
    except (ValueError, OverflowError) as error:
        return not _of_the_grammar(str(error))
    return True


def _of_the_grammar(message: str) -> bool:
    return message.startswith(_OF_THE_GRAMMAR)
