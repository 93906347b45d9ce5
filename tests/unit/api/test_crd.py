"""The rendered CRD, as far as it can be judged without an API server."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from goserviceslo import __version__
from goserviceslo.api.base import Json
from goserviceslo.api.crd import VERSION_ANNOTATION, crd_yaml, render_crd

COMMITTED = Path(__file__).resolve().parents[3] / "crds" / "goslo.dev_goserviceslos.yaml"


def nodes(schema: Json, path: str) -> Iterator[tuple[str, Json]]:
    """Every node of a schema with its path."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    for key, suffix in (("items", "[]"), ("additionalProperties", "{}")):
        if key in schema:
            yield from nodes(schema[key], path + suffix)


def version() -> Json:
    rendered: Json = render_crd()["spec"]["versions"][0]
    return rendered


def described_nodes() -> list[tuple[str, Json]]:
    properties = version()["schema"]["openAPIV3Schema"]["properties"]
    return [*nodes(properties["spec"], "spec"), *nodes(properties["status"], "status")]


def test_the_committed_crd_is_what_the_models_render() -> None:
    assert COMMITTED.read_text() == crd_yaml(), "run `make generate`"


def test_the_yaml_says_what_the_manifest_says_and_that_it_is_generated() -> None:
    assert yaml.safe_load(crd_yaml()) == render_crd()
    assert crd_yaml().startswith("# Generated from")


def test_the_crd_says_which_version_rendered_it() -> None:
    assert render_crd()["metadata"]["annotations"] == {VERSION_ANNOTATION: __version__}


def test_every_field_and_every_object_is_described() -> None:
    scalars = {path for path, _ in described_nodes() if path.endswith(("[]", "{}"))}
    silent = {path for path, node in described_nodes() if not node.get("description")}
    assert silent <= {path for path in scalars if path != "spec.objectives[]"}


def test_nothing_is_so_long_that_its_rules_could_cost_too_much() -> None:
    bounds = {"string": "maxLength", "array": "maxItems"}
    unbounded = [
        path
        for path, node in described_nodes()
        if node.get("type") in bounds and not node.keys() & {bounds[node["type"]], "enum"}
    ]
    maps = [path for path, node in described_nodes() if "additionalProperties" in node and "maxProperties" not in node]
    either = [
        path for path, node in described_nodes() if "x-kubernetes-int-or-string" in node and "maxLength" not in node
    ]
    assert unbounded + maps + either == []


def test_the_api_server_fills_in_no_defaults_that_would_become_a_users_wish() -> None:
    assert [path for path, node in described_nodes() if "default" in node] == []


def test_lists_that_several_writers_share_are_merged_by_key() -> None:
    keys = {
        path: node["x-kubernetes-list-map-keys"]
        for path, node in described_nodes()
        if node.get("x-kubernetes-list-type") == "map"
    }
    assert keys == {
        "spec.objectives": ["name"],
        "spec.maintenance": ["name"],
        "status.objectives": ["name"],
        "status.conditions": ["type"],
    }


def test_every_rule_comes_with_a_sentence_that_says_what_to_do() -> None:
    rules = [(path, rule) for path, node in described_nodes() for rule in node.get("x-kubernetes-validations", ())]
    assert len(rules) > 20
    for path, rule in rules:
        assert "write" in rule["message"] or "give" in rule["message"], (path, rule)


def test_the_columns_are_those_of_a_users_first_look() -> None:
    columns = version()["additionalPrinterColumns"]
    assert [column["name"].upper() for column in columns if not column.get("priority")] == [
        *("TIER", "TARGET", "SLI", "BUDGET", "BURN", "COMPLIANT", "RUNTIME", "AGE")
    ]


def test_every_column_shows_a_field_that_there_is() -> None:
    known = {path for path, _ in described_nodes()}
    for column in version()["additionalPrinterColumns"]:
        path = column["jsonPath"].removeprefix(".")
        head, _, tail = path.partition("[?(@.type==")
        field = f"{head}[].{tail.partition(')].')[2]}" if tail else head
        assert field in known or field == "metadata.creationTimestamp", column
