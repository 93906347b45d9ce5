"""A refusal speaks to the person who wrote the resource: where, what to write, what stands there."""

import re
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from tests.table import cases
from tests.unit.api.specs import families, replaced, resource
from tests.unit.api.values import EVERYTHING, Path

from goserviceslo.api.base import Json
from goserviceslo.api.problems import parse_spec


def refusals(one: Json) -> list[str]:
    found = parse_spec(one)
    assert isinstance(found, list), "it was taken"
    return found


@cases(
    "path, value, sentence",
    {
        "a value that does not fit": (
            ("objectives", 0, "target"),
            "150",
            (
                "spec.objectives[0].target: write a percentage above 0 and below 100 with at most six decimals, "
                'such as 99.9 (found "150").'
            ),
        ),
        "a field that is missing": (
            ("objectives", 3, "saturation", "gauge"),
            None,
            "spec.objectives[3].saturation.gauge: is missing: write it, such as 'rate(process_cpu_seconds_total[2m])'.",
        ),
        "no indicator": (
            ("objectives", 0, "http"),
            None,
            (
                "spec.objectives[0]: write exactly one of http, grpc, ratio, saturation, leak, freshness, throughput, "
                "spread and boolean, such as http: {}."
            ),
        ),
        "a field in another case": (
            ("objectives", 0, "timezone"),
            "UTC",
            "spec.objectives[0].timezone: there is no such field: write timeZone.",
        ),
        "a field in snake case": (
            ("runtime", "memory_limit"),
            "1Gi",
            "spec.runtime.memory_limit: there is no such field: write memoryLimit.",
        ),
        "a field of somewhere else": (
            ("target", "gogc"),
            "200",
            "spec.target.gogc: there is no such field: the fields here are name, container.",
        ),
        "a number where a text belongs": (
            ("tier",),
            1,
            "spec.tier: put it in quotes: it is a text that looks like a number (found 1).",
        ),
        "a boolean where a text belongs": (
            ("sla", "country"),
            False,
            (
                "spec.sla.country: put it in quotes: YAML reads a bare yes, no, on, off, true or false as a boolean "
                "(found false)."
            ),
        ),
        "a list where a text belongs": (("tier",), ["L1"], "spec.tier: write a text, such as L1."),
        "a map where a text belongs": (
            ("sla", "compensation"),
            {},
            "spec.sla.compensation: write a text, such as A tenth of the month's fee for each hour.",
        ),
        "a text where a number belongs": (
            ("autoscaling", "maxReplicas"),
            "40",
            'spec.autoscaling.maxReplicas: write a whole number, such as 40, without quotes (found "40").',
        ),
        "a fraction where a whole number belongs": (
            ("runtime", "maxProcs"),
            1.5,
            "spec.runtime.maxProcs: write a whole number, such as 2, without quotes (found 1.5).",
        ),
        "a number too small": (
            ("autoscaling", "cpu"),
            0,
            "spec.autoscaling.cpu: write at least 1 (found 0).",
        ),
        "a number too large": (
            ("autoscaling", "cpu"),
            1001,
            "spec.autoscaling.cpu: write at most 1000 (found 1001).",
        ),
        "a text where a yes or no belongs": (
            ("runtime", "takeOver"),
            "yes",
            'spec.runtime.takeOver: write true or false, without quotes (found "yes").',
        ),
        "a text where a list belongs": (
            ("objectives", 0, "http", "errors"),
            "5xx",
            'spec.objectives[0].http.errors: write a list, such as [5xx, 429] (found "5xx").',
        ),
        "a text where fields belong": (
            ("target",),
            "checkout",
            'spec.target: write fields below it, such as {name: checkout} (found "checkout").',
        ),
        "a text where a map belongs": (
            ("runtime", "env"),
            "GODEBUG=x",
            'spec.runtime.env: write fields below it, such as {GOTRACEBACK: crash} (found "GODEBUG=x").',
        ),
        "a text too long to be quoted whole": (
            ("sla", "compensation"),
            "x" * 2000,
            f'spec.sla.compensation: write at most 1024 characters (found "{"x" * 59}...).',
        ),
        "too many items": (
            ("objectives", 0, "http", "errors"),
            ["5xx"] * 17,
            "spec.objectives[0].http.errors: write at most 16 of them.",
        ),
        "two fields that do not go together": (
            ("autoscaling",),
            {"minReplicas": 5, "maxReplicas": 3},
            "spec.autoscaling: minReplicas is above maxReplicas: write a smaller minReplicas or a larger maxReplicas.",
        ),
        "the spec itself": ((), "x", 'spec: write fields below it (found "x").'),
    },
)
def test_each_kind_of_mistake_has_its_sentence(path: Path, value: Any, sentence: str) -> None:
    assert refusals(resource(replaced(EVERYTHING, path, value))) == [sentence]


@cases(
    "changes, sentence",
    {
        "another version": (
            {"apiVersion": "goslo.dev/v1"},
            'apiVersion: write goslo.dev/v1alpha1 (found "goslo.dev/v1").',
        ),
        "another kind": ({"kind": "GoServiceSlo"}, 'kind: write GoServiceSLO (found "GoServiceSlo").'),
        "a field beside spec": ({"specs": {}}, "specs: there is no such field: write spec."),
        "no metadata": ({"metadata": None}, "metadata.name: is missing: write a name, such as checkout."),
        "no name": ({"metadata": {}}, "metadata.name: is missing: write a name, such as checkout."),
        "a name that Kubernetes does not take": (
            {"metadata": {"name": "Checkout"}},
            'metadata.name: write the name of an object in this namespace, such as checkout (found "Checkout").',
        ),
        "a name too long for a label": (
            {"metadata": {"name": "a" * 64}},
            (
                "metadata.name: write a name of at most 63 characters: it becomes a label of rules, alerts and "
                f'objects (found "{"a" * 59}...).'
            ),
        ),
        "no spec": ({"spec": None}, "spec: write fields below it."),
    },
)
def test_what_stands_around_the_spec_is_judged_too(changes: Json, sentence: str) -> None:
    assert refusals({**resource(EVERYTHING), **changes}) == [sentence]


def test_a_name_that_the_api_server_will_make_is_not_missed() -> None:
    assert not isinstance(parse_spec({**resource(EVERYTHING), "metadata": {"generateName": "checkout-"}}), list)


def test_what_a_resource_from_the_api_server_has_besides_is_no_problem() -> None:
    stored = {**resource(EVERYTHING), "status": {"sli": "99.9"}}
    stored["metadata"] |= {"namespace": "shop", "uid": "1", "managedFields": [], "generation": 3}
    assert not isinstance(parse_spec(stored), list)


def test_every_mistake_is_named_at_once() -> None:
    spec = replaced(replaced(EVERYTHING, ("runtime", "gogc"), 5), ("objectives", 0, "window"), "5m")
    assert [sentence.partition(": ")[0] for sentence in refusals(resource(spec, "Checkout"))] == [
        "metadata.name",
        "spec.objectives[0].window",
        "spec.runtime.gogc",
    ]


def test_one_mistake_is_one_sentence() -> None:
    spec = replaced(EVERYTHING, ("objectives", 0, "name"), "A")
    assert len(refusals(resource(spec))) == 1


JARGON = re.compile("pydantic|validation error|Input should|value_error|Traceback|errors.pydantic.dev|None|<class")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(families())
def test_no_refusal_speaks_the_machines_language(family: list[Json]) -> None:
    for one in family:
        found = parse_spec(one)
        for sentence in found if isinstance(found, list) else ():
            assert sentence.startswith(("spec", "metadata.name: ")), sentence
            assert sentence.endswith(".")
            assert not sentence.endswith("..")
            assert not JARGON.search(sentence.partition(" (found ")[0]), sentence


@pytest.mark.parametrize("text", ["off", "no", "NO", "on", "yes"])
def test_bare_words_that_yaml_takes_for_booleans_are_explained(text: str) -> None:
    spec = replaced(EVERYTHING, ("sla", "country"), yaml.safe_load(text))
    assert "quotes" in refusals(resource(spec))[0]
