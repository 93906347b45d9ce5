"""A user's PromQL reads the namespace of its resource, or is refused with what to write instead."""

import threading
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.expressions import Author
from tests.table import cases

from goserviceslo.slo.confine import Escapes, confine, single_selector
from goserviceslo.slo.expression import Selector, nodes, written
from goserviceslo.slo.parsing import Unreadable, parse
from goserviceslo.slo.promql import Matcher

# Seeds, not hypothesis' own random numbers: these prefer small ones, and the author would hardly ever nest.
seeds = st.integers(0, 2**32)
authors = seeds.map(lambda seed: Author(Random(seed)))
careful_authors = seeds.map(lambda seed: Author(Random(seed), hostile=0))


@cases(
    "expression, confined",
    {
        "a metric": ("up", 'up{namespace="a"}'),
        "matchers stay behind it": ('up{b="c",d=~"e.*"}', 'up{namespace="a",b="c",d=~"e.*"}'),
        "its own namespace is said once": ('up{b="c",namespace="a"}', 'up{namespace="a",b="c"}'),
        "a name in braces": ('{__name__="up"}', 'up{namespace="a"}'),
        "a quoted name": ('{"my.metric","x.y"="z"}', '{__name__="my.metric",namespace="a","x.y"="z"}'),
        "a metric named like a word": ("offset offset 5m", '{__name__="offset",namespace="a"} offset 5m'),
        "a range": ("rate(x[5m] offset 1h)", 'rate(x{namespace="a"}[5m] offset 1h)'),
        "a subquery": ("max_over_time(rate(x[5m])[1h:1m])", 'max_over_time(rate(x{namespace="a"}[5m])[1h:1m])'),
        "an offset in a subquery": (
            "max_over_time(x offset 5m [1h:1m] @ end())",
            'max_over_time((x{namespace="a"} offset 5m)[1h:1m] @ end())',
        ),
        "an instant of the query": ("x @ start()", 'x{namespace="a"} @ start()'),
        "both sides of an operator": (
            "a / on(x) group_left(y) b",
            'a{namespace="a"} / on (x) group_left (y) b{namespace="a"}',
        ),
        "a comparison": ("a > bool ignoring(x) b", 'a{namespace="a"} > bool ignoring (x) b{namespace="a"}'),
        "a set": ("a unless b", 'a{namespace="a"} unless b{namespace="a"}'),
        "an aggregation's parameter": ("topk(scalar(a), b)", 'topk(scalar(a{namespace="a"}), b{namespace="a"})'),
        "labels behind the brackets": ("sum(a) by (sum, b)", 'sum by ("sum", b) (a{namespace="a"})'),
        "relabelled": (
            'label_replace(a, "k", "$1", "b", "(.*)")',
            'label_replace(a{namespace="a"}, "k", "$1", "b", "(.*)")',
        ),
        "joined": ('label_join(a, ("k"), "-", "b", "c")', 'label_join(a{namespace="a"}, "k", "-", "b", "c")'),
        "absent": ("absent(a)", 'absent(a{namespace="a"})'),
        "absent over time": ("absent_over_time(a[5m])", 'absent_over_time(a{namespace="a"}[5m])'),
        "a native histogram": ("histogram_fraction(0, 0.3, a)", 'histogram_fraction(0, 0.3, a{namespace="a"})'),
        "a quantile": ("histogram_quantile(.9, rate(a[5m]))", 'histogram_quantile(0.9, rate(a{namespace="a"}[5m]))'),
        "counted values": ('count_values("k", a)', 'count_values("k", a{namespace="a"})'),
        "what reads nothing": ("vector(time() - 0x10)", "vector(time() - 16)"),
        "a sign before a power": ("-a ^ 2", '-(a{namespace="a"} ^ 2)'),
        "precedence in parentheses": ("a - b - c", '(a{namespace="a"} - b{namespace="a"}) - c{namespace="a"}'),
        "a comment goes": ("a # } or b\n+ b", 'a{namespace="a"} + b{namespace="a"}'),
        "alerts and recorded series": ('ALERTS{goslo="x"}', 'ALERTS{namespace="a",goslo="x"}'),
        "a quote in a value": ("""a{b='"} or c{d="'}""", r'a{namespace="a",b="\"} or c{d=\""}'),
    },
)
def test_every_selector_gets_the_namespace(expression: str, confined: str) -> None:
    assert confine(expression, "a") == confined


@cases(
    "expression, advice",
    {
        "another namespace": ('up{namespace="b"}', 'leave the matcher namespace="b" out of up'),
        "a pattern for namespaces": ('up{namespace=~"a"}', 'leave the matcher namespace=~"a" out'),
        "two namespaces": ('up{namespace="a",namespace="b"}', 'leave the matcher namespace="b" out'),
        "a quoted namespace": ('up{"namespace"!="b"}', 'leave the matcher namespace!="b" out'),
        "no name": ('{code="500"}', "name the metric of each selector"),
        "nothing at all": ("{}", "name the metric of each selector"),
        "a pattern for names": ('{__name__=~"a.*"}', "write the metric's name instead of __name__=~"),
        "an exception for names": ('{__name__!="a",b="c"}', "write the metric's name instead of __name__!="),
        "two names": ('{"a",__name__="b"}', "name the metric of a selector once"),
        "a name before and in the braces": ('a{__name__="b"}', "name the metric of a selector once"),
        "a label of the database": ('a{__tenant_id__="b"}', "leave out the matcher __tenant_id__"),
        "or in braces": ('a{b="c" or d="e"}', "write two selectors"),
        "a range above a week": ("rate(a[8d])", "look back at most 7d"),
        "ranges above a week together": (
            "max_over_time(rate(a[1d] offset 3d)[4d:1h])",
            "look back at most 7d.*found 8d",
        ),
        "a step that is too fine": (
            "max_over_time(a[1h:1s])",
            "write a longer step for the subquery .1h:1s.: .* 3600 times",
        ),
        "a step below a second": ("max_over_time(a[1s:10ms])", "write a step of at least 1s"),
        "no step": ("max_over_time(a[1h:])", "write the step of the subquery"),
        "nested steps that multiply": (
            "max_over_time(max_over_time(a[1h:1m])[1h:1m])",
            "write a longer step .* 3600 times",
        ),
        "nested twice": (
            "max_over_time(max_over_time(max_over_time(a[5m:1m])[5m:1m])[5m:1m])",
            "nest at most one subquery in another",
        ),
        "a long range in many steps": (
            "max_over_time(rate(a[3d])[4d:10m])",
            "let subqueries read less: .*1728d of samples",
        ),
        "many selectors": (" or ".join(["a"] * 21), "write at most 20 selectors .found 21."),
        "a chain that is too long": (" + ".join(["1"] * 50), "nest less, at most 40 deep"),
        "a long text": ("a" * 2001, "write at most 2000 characters"),
        "a namespace that is written": (
            'label_replace(a, "namespace", "b", "c", "d")',
            "let label_replace write another",
        ),
        "a name that is joined": (
            'label_join(a, ("__name__"), "-", "c")',
            "let label_join write another label than __name__",
        ),
        "a promise that is forged": ('count_values("goslo", a)', "let count_values write another label than goslo"),
        "an objective that is forged": ('label_replace(a, "objective", "b", "c", "d")', "another label than objective"),
        "a label that needs quotes": (
            'label_replace(a, "b c", "", "", "")',
            "let label_replace write a label of letters",
        ),
        "what reads without a selector": ("info(a)", r"do without info\(\)"),
        "an experiment": ("mad_over_time(a[5m])", r"do without mad_over_time\(\)"),
        "an experimental aggregation": ("limitk(2, a)", r"do without limitk\(\)"),
        "fill": ("a + fill(0) b", r"write or vector\(0\) instead of fill"),
        "a moment of the past": ("a @ 1700000000", r"write @ end\(\) or an offset instead of @ with a time"),
        "the future": ("a offset -5m", "write an offset into the past"),
        "an invisible character": ("a\u200b", r"write visible characters only: the character U\+200B"),
        "an escape for one": (r'a{b="\x00"}', "write visible characters only: an escape"),
        "half a character": ("a{b='\ud800'}", r"the character U\+D800"),
        "a scalar": ("time()", "write what gives an instant vector, .*: this gives a scalar"),
        "a range vector": ("a[5m]", "this gives a range vector"),
        "a text": ('"a"', "this gives a string"),
        "nothing": (" \n", "write an expression, such as up"),
        "what only another engine knows": (r'a{b=~"\\pL"}', r"in the regular expression .*, write p instead of \\p"),
        "a regular expression that blows up": ('a{b=~"(a{9}){20}"}', "repeat at most 100 times"),
        "one in label_replace": ('label_replace(a, "b", "", "c", "(?P<x>.)")', r"write only \(\?: and \(\?i"),
        "an unknown function": ("foo(a)", "unknown function with name 'foo'"),
        "a wrong type": ("rate(a)", "expected type matrix in call to function 'rate', got vector"),
        "a duration that is reckoned": ("rate(a[5m*2])", r"from character 10 \('\*'\) on: write a closing \]"),
        "a modifier of another version": (
            "rate(a[5m] smoothed)",
            r"from character 12 \('smoothed'\) on: write a closing \)",
        ),
        "a parenthesis that stays open": ("sum(a", r"from its end on: write a closing \)"),
        "a value without quotes": ("a{b=c}", r"from character 5 \('c'\) on: write a text in quotes"),
        "a sign of no meaning": ("$", "write a metric or a function or a number or a text in quotes there"),
        "a word alone": ("smoothed", "write a metric or a function or a number or a text in quotes there"),
        "an operand that is missing": ("a\n  + b\n  + * c", r"from line 3, character 5 \('\*'\) on: write a metric"),
    },
)
def test_what_escapes_or_costs_too_much_is_refused(expression: str, advice: str) -> None:
    with pytest.raises(Escapes, match=advice):
        confine(expression, "a")


@given(authors, st.booleans())
def test_what_is_confined_reads_one_namespace_and_is_confined_already(author: Author, broken: bool) -> None:
    try:
        confined = confine(author.broken() if broken else author.expression(), "a")
    except Escapes:
        return
    selectors = [node for node in nodes(parse(confined)) if isinstance(node, Selector)]
    assert all(selector.matchers[0] == Matcher("namespace", "=", "a") for selector in selectors)
    assert confine(confined, "a") == confined
    with pytest.raises(Escapes):
        confine(f"{confined} or up{{namespace='a'}}", "b")


@given(careful_authors)
def test_a_tree_is_read_again_from_its_text(author: Author) -> None:
    try:
        tree = parse(author.expression())
    except Unreadable:
        return
    assert repr(parse(written(tree))) == repr(tree)  # repr: NaN is not equal to itself


@given(st.text(max_size=30) | st.text("ab{}[]()\"'`,=~!#@:+-5mor \n\\", max_size=30), st.text(max_size=8))
def test_any_text_is_confined_or_refused(text: str, namespace: str) -> None:
    with suppress(Escapes):
        assert confine(text, namespace)


WORDS = (
    "and or unless sum topk offset smoothed anchored by without on ignoring group_left bool fill start inf nan NaN with"
)


@pytest.mark.parametrize("word", WORDS.split())
def test_a_word_of_the_language_is_a_name_where_it_stands_for_one(word: str) -> None:
    named = f'count by ("{word}") ({{"{word}","{word}"="x"}})'
    confined = confine(named, "a")
    assert confined == f'count by ("{word}") ({{__name__="{word}",namespace="a",{word}="x"}})'
    assert confine(confined, "a") == confined


@cases(
    "text",
    {
        "parentheses": "(" * 900 + "a" + ")" * 900,
        "signs": "-" * 1900 + "a",
        "a chain": "+".join(["a"] * 900),
        "calls": "abs(" * 390 + "a" + ")" * 390,
        "behind what looks like a text": "'" + "-" * 900 + "'" + "-" * 900 + "a",
    },
)
def test_no_nesting_ends_the_process(text: str) -> None:
    answers: list[str] = []

    def refuse() -> None:
        with pytest.raises(Escapes) as refusal:
            confine(text, "a")
        answers.append(str(refusal.value))

    usual = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=refuse)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(usual)
    assert answers


def test_a_single_selector_gives_its_name_and_matchers() -> None:
    assert single_selector(' ( {"my.metric", code=~"5.."} ) ') == Selector("my.metric", (Matcher("code", "=~", "5.."),))


@pytest.mark.parametrize(
    "expression", ["rate(a[5m])", "a[5m]", "a offset 5m", "a @ end()", "a + b", "-a", "1", "sum(a)"]
)
def test_anything_around_a_single_selector_is_refused(expression: str) -> None:
    with pytest.raises(Escapes, match="write a single selector, such as"):
        single_selector(expression)


def test_the_author_of_the_tests_writes_what_is_accepted_and_what_is_refused() -> None:
    accepted = 0
    for seed in range(200):
        try:
            confine(Author(Random(seed)).expression(), "a")
            accepted += 1
        except Escapes:
            continue
    assert 100 < accepted < 195
