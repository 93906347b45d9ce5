"""Counters of other tools in the short forms that say the same."""

import pytest
from tests.table import cases

from goserviceslo.authoring.foreign.events import NotEvents, Ratio, counter
from goserviceslo.authoring.foreign.indicators import indicator, namespace_of, status_patterns
from goserviceslo.ports import Json

ASKED = 'asked_total{job="shop"}'


def bad(bad: str, total: str) -> Json:
    return indicator(Ratio(counter(total), bad=counter(bad)))


def good(good: str, total: str) -> Json:
    return indicator(Ratio(counter(total), good=counter(good)))


@cases(
    "found, fields",
    {
        "responses by status": (
            bad('asked_total{job="shop",code=~"(5..|429)"}', ASKED),
            {"metric": "asked_total", "statusLabel": "code", "errors": ["5xx", "429"], "labels": {"job": "shop"}},
        ),
        "server errors alone, which are the default": (
            bad('asked_total{job="shop",code=~"5.."}', ASKED),
            {"metric": "asked_total", "statusLabel": "code", "labels": {"job": "shop"}},
        ),
        "responses that are no errors": (
            good('asked_total{job="shop",code!~"5.."}', ASKED),
            {"metric": "asked_total", "statusLabel": "code", "labels": {"job": "shop"}},
        ),
        "a bucket": (
            good('took_seconds_bucket{job="shop",le="0.4"}', 'took_seconds_count{job="shop"}'),
            {"metric": "took_seconds", "faster": "400ms", "labels": {"job": "shop"}},
        ),
        "a bucket in milliseconds": (
            good('took_milliseconds_bucket{pod="a",le="1500.0"}', 'took_milliseconds_count{pod="a"}'),
            {"metric": "took_milliseconds", "faster": "1s500ms", "labels": {"pod": "a"}},
        ),
        "the namespace, which is the resource's": (
            bad('asked_total{namespace="n",job="shop",code="500"}', 'asked_total{namespace="n",job="shop"}'),
            {"metric": "asked_total", "statusLabel": "code", "errors": ["500"], "labels": {"job": "shop"}},
        ),
    },
)
def test_the_short_form_is_used_where_it_says_the_same(found: Json, fields: Json) -> None:
    assert found == {"http": fields}


@cases(
    "found, fields",
    {
        "pods that nobody chose": (
            bad('asked_total{code=~"5.."}', "asked_total"),
            {"bad": 'asked_total{code=~"5.."}', "total": "asked_total"},
        ),
        "a matcher that is no equality": (
            bad('asked_total{job="a",path=~"/x.*",code=~"5.."}', 'asked_total{job="a",path=~"/x.*"}'),
            {
                "bad": 'asked_total{code=~"5..",job="a",path=~"/x.*"}',
                "total": 'asked_total{job="a",path=~"/x.*"}',
            },
        ),
        "codes of another protocol": (
            bad('asked_total{job="shop",code=~"Internal|Unknown"}', ASKED),
            {"bad": 'asked_total{code=~"Internal|Unknown",job="shop"}', "total": ASKED},
        ),
        "two metrics": (bad("failed_total", ASKED), {"bad": "failed_total", "total": ASKED}),
        "a bucket of other requests than those counted": (
            good('took_seconds_bucket{job="a",code="200",le="1"}', 'took_seconds_count{job="a"}'),
            {"good": 'took_seconds_bucket{code="200",job="a",le=~"1|1\\\\.0"}', "total": 'took_seconds_count{job="a"}'},
        ),
        "a bucket that ends where no request does": (
            good('took_seconds_bucket{job="a",le="+Inf"}', 'took_seconds_count{job="a"}'),
            {"good": 'took_seconds_bucket{job="a",le="+Inf"}', "total": 'took_seconds_count{job="a"}'},
        ),
    },
)
def test_otherwise_the_selectors_stay_as_they_are(found: Json, fields: Json) -> None:
    assert found == {"ratio": fields}


def asked(bad: str, total: str) -> str | None:
    return namespace_of(Ratio(counter(total), bad=counter(bad)))


def test_the_namespace_is_the_one_that_both_sides_ask_for() -> None:
    assert asked('bad{namespace="p",job="a"}', 'all{namespace="p"}') == "p"
    assert asked('bad{job="a"}', "all") is None
    assert asked('bad{namespace=~"p"}', 'all{namespace="p"}') == "p"


@cases(
    "bad, total, why",
    {
        "a matcher that is no equality": (
            'bad{namespace=~"p|q"}',
            'all{namespace=~"p|q"}',
            'all{namespace=~"p|q"} counts where namespace=~"p|q", and a GoServiceSLO counts in one namespace',
        ),
        "a matcher of one side alone": (
            'bad{namespace!="q"}',
            "all",
            'bad{namespace!="q"} counts where namespace!="q"',
        ),
        "series without a namespace": ('bad{namespace=""}', 'all{namespace=""}', 'counts where namespace=""'),
        "two namespaces": (
            'bad{namespace="p"}',
            'all{namespace="q"}',
            'it counts all{namespace="q"} in q and bad{namespace="p"} in p: write the same namespace',
        ),
        "a namespace of one side alone": ('bad{namespace="p"}', "all", "all in every namespace and bad"),
        "two namespaces at once": (
            'bad{namespace="p",namespace="q"}',
            'all{namespace="p"}',
            "write the same namespace into all selectors",
        ),
    },
)
def test_what_is_not_of_one_namespace_is_refused_with_the_reason(bad: str, total: str, why: str) -> None:
    with pytest.raises(NotEvents) as refused:
        asked(bad, total)
    assert why in str(refused.value)


@cases(
    "operator, value, patterns",
    {
        "dots": ("=~", "5..", ["5xx"]),
        "anything": ("=~", "5.*", ["5xx"]),
        "digits": ("=~", r"5\d\d", ["5xx"]),
        "digits in brackets": ("=~", "5[0-9]{2}", ["5xx"]),
        "a class": ("=~", "^(4..|5..)$", ["4xx", "5xx"]),
        "codes": ("=~", "500|503", ["500", "503"]),
        "one code": ("=", "500", ["500"]),
        "a word": ("=~", "error", None),
        "an empty alternative": ("=~", "5..|", None),
        "not a code": ("=", "OK", None),
        "all but a class": ("!~", "5..", None),
        "part of a class": ("=~", "50.", None),
    },
)
def test_a_matcher_of_a_status_becomes_errors(operator: str, value: str, patterns: list[str] | None) -> None:
    assert status_patterns(operator, value) == patterns
