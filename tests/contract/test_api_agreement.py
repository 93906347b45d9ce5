"""The model and a real API server take and refuse the same resources, and read the same in them."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, seed, settings
from pydantic.alias_generators import to_snake
from tests.conftest import Measured
from tests.contract.conftest import REQUESTS_AT_ONCE, ApiServer
from tests.unit.api.specs import families, good_specs, replaced, resource
from tests.unit.api.values import EVERYTHING, FIELDS, KEYS, ODD, RESOURCE_NAMES, UNKNOWN_FIELDS

from goserviceslo.api.base import API_VERSION, Json
from goserviceslo.api.problems import parse_spec
from goserviceslo.api.v1alpha1 import GoServiceSloSpec

pytestmark = pytest.mark.apiserver

SEED = int(os.environ.get("GOSLO_FUZZ_SEED", "20261014"))
FAMILIES = int(os.environ.get("GOSLO_FUZZ_FAMILIES", "1200"))
LEAST_RESOURCES = 2_000
_MAPS: tuple[tuple[Any, ...], ...] = (
    ("objectives", 0, "http", "labels"),
    ("objectives", 1, "grpc", "labels"),
    ("runtime", "env"),
    ("alerting", "labels"),
    ("alerting", "annotations"),
)
FUZZ = settings(
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@dataclass
class Judge:
    """Asks the API server about many resources at once, about each only once, and has it store none."""

    apiserver: ApiServer
    session: requests.Session
    threads: ThreadPoolExecutor
    answers: dict[str, str | None] = field(default_factory=dict)
    """By request body: why it is refused, None where it is taken."""

    def refusals(self, resources: list[Json]) -> list[str | None]:
        """For each resource why it is refused, None where it is taken."""
        bodies = [written_as_go_would(one) for one in resources]
        unasked = [body for body in dict.fromkeys(bodies) if body not in self.answers]
        self.answers.update(zip(unasked, self.threads.map(self._refusal, unasked), strict=True))
        return [self.answers[body] for body in bodies]

    def _refusal(self, body: str) -> str | None:
        answer = self.session.post(
            f"{self.apiserver.url}/apis/{API_VERSION}/namespaces/default/goserviceslos",
            params={"dryRun": "All", "fieldValidation": "Strict"},
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=60,
        )
        assert answer.status_code in (201, 400, 422), f"{answer.status_code} {answer.text} for {body}"
        return None if answer.status_code == 201 else str(answer.json()["message"])


@pytest.fixture(scope="module")
def judge(apiserver: ApiServer) -> Any:
    with apiserver.session() as session, ThreadPoolExecutor(REQUESTS_AT_ONCE) as threads:
        yield Judge(apiserver, session, threads)


def written_as_go_would(value: Any) -> str:
    """JSON as kubectl sends it: on the way from YAML, Go writes a whole float without its point."""

    def rewritten(node: Any) -> Any:
        match node:
            case float() if node.is_integer():
                return int(node)
            case dict():
                return {key: rewritten(child) for key, child in node.items()}
            case list():
                return [rewritten(child) for child in node]
        return node

    return json.dumps(rewritten(value), sort_keys=True, allow_nan=False)


def disagreements(judge: Judge, resources: list[Json]) -> str:
    """Each resource on which the two differ, with both answers; empty where they agree on all."""
    found = []
    for one, api_says in zip(resources, judge.refusals(resources), strict=True):
        model_says = parse_spec(one)
        taken = isinstance(model_says, GoServiceSloSpec)
        if taken != (api_says is None):
            model_text = "taken" if isinstance(model_says, GoServiceSloSpec) else "\n    ".join(model_says)
            written = json.dumps(one, ensure_ascii=False)
            found.append(f"{written}\n  model: {model_text}\n  API server: {api_says or 'taken'}\n")
    return "\n".join(found)


def test_they_agree_on_every_value_at_a_bound_of_every_field(judge: Judge) -> None:
    spoilt = [
        resource(replaced(EVERYTHING, path, value))
        for path, values in FIELDS.items()
        for value in (*values.good, *values.near, *ODD)
    ]
    found = disagreements(judge, spoilt)
    assert not found, found


def test_they_agree_on_every_entry_every_unknown_field_and_every_name(judge: Judge) -> None:
    entries = [
        resource(replaced(EVERYTHING, (*path, key), "x"))
        for path in _MAPS
        for key in (*KEYS[path[-2:]].good, *KEYS[path[-2:]].near)
    ]
    objects = {path[:depth] for path in FIELDS for depth in range(len(path))} - {("objectives",), ("maintenance",)}
    unknown = [
        resource(replaced(EVERYTHING, (*path, field), value))
        for path in objects
        if path not in _MAPS and path[-1:] not in (("errors",), ("except",), ("routes",), ("methods",))
        for field in UNKNOWN_FIELDS
        for value in ("x", None)
    ]
    in_snake_case = [
        resource(replaced(replaced(EVERYTHING, path, None), (*path[:-1], snake), values.good[0]))
        for path, values in FIELDS.items()
        if (snake := to_snake(str(path[-1]))) != path[-1]
    ]
    odd_objects = [resource(replaced(EVERYTHING, path, value)) for path in objects for value in ODD]
    named = [resource(EVERYTHING, name) for name in (*RESOURCE_NAMES.good, *RESOURCE_NAMES.near)]
    found = disagreements(judge, entries + unknown + in_snake_case + odd_objects + named)
    assert not found, found


def test_they_agree_on_two_thousand_generated_resources(judge: Judge, measured: Measured) -> None:
    print(f"\nGOSLO_FUZZ_SEED={SEED} GOSLO_FUZZ_FAMILIES={FAMILIES}")
    before = set(judge.answers)

    @seed(SEED)
    @settings(FUZZ, max_examples=FAMILIES)
    @given(families())
    def agree(family: list[Json]) -> None:
        found = disagreements(judge, family)
        assert not found, f"GOSLO_FUZZ_SEED={SEED}: model and API server disagree:\n{found}"

    agree()
    taken = [judge.answers[body] is None for body in judge.answers.keys() - before]
    measured(f"{sum(taken)} different resources taken by both, {len(taken) - sum(taken)} refused by both")
    assert len(taken) >= LEAST_RESOURCES
    assert LEAST_RESOURCES // 5 <= sum(taken) <= len(taken) - LEAST_RESOURCES // 5, "too one-sided to mean much"


def test_a_canonical_dump_is_taken_and_means_the_same(judge: Judge) -> None:
    @seed(SEED)
    @settings(FUZZ, max_examples=FAMILIES // 4)
    @given(good_specs)
    def survive(written: Json) -> None:
        spec = parse_spec(resource(written))
        assert isinstance(spec, GoServiceSloSpec)
        dump = spec.model_dump(mode="json", by_alias=True, exclude_none=True)
        assert judge.refusals([resource(dump)]) == [None]
        assert parse_spec(resource(dump)) == spec

    survive()
