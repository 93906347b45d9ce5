"""From objects of several tools to resources: one for each Deployment, and a word on everything that is not in them."""

import yaml
from tests.table import cases
from tests.unit.authoring.foreign.imports import imported, lost
from tests.unit.authoring.given import objects

from goserviceslo.api.problems import parse_spec
from goserviceslo.api.v1alpha1 import GoServiceSloSpec
from goserviceslo.authoring.checking import check
from goserviceslo.authoring.foreign.importing import Format, ImportOptions
from goserviceslo.authoring.foreign.writing import file_of, resource_text

SLO = """\
- name: %s
  objective: %s
  sli:
    events:
      error_query: sum(rate(asked_total{job="shop",code=~"5.."}[{{.window}}]))
      total_query: sum(rate(asked_total{job="shop"}[{{.window}}]))
"""
SLOTH = "version: prometheus/v1\nservice: shop\nslos:\n" + SLO % ("ok", "99.9")
PYRRA = """\
apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: %s, labels: {team: %s}}
spec:
  target: '99'
  window: 1w
  indicator:
    ratio:
      errors: {metric: 'asked_total{job="shop",code=~"5.."}'}
      total: {metric: 'asked_total{job="shop"}'}
"""


def test_objectives_of_several_tools_for_one_service_come_together() -> None:
    (one,) = imported(f"{SLOTH}---\n{PYRRA % ('errors', 'a')}").resources
    assert [objective["name"] for objective in one.resource["spec"]["objectives"]] == ["ok", "errors"]
    assert isinstance(parse_spec(one.resource), GoServiceSloSpec)


def test_options_say_what_the_originals_do_not() -> None:
    options = ImportOptions(target="shop-api", namespace="prod", window="28d")
    (one,) = imported(SLOTH, options).resources
    assert one.resource["metadata"] == {"name": "shop-api", "namespace": "prod"}
    assert one.resource["spec"]["target"] == {"name": "shop-api"}
    assert one.resource["spec"]["objectives"][0]["window"] == "28d"


def test_a_name_that_is_taken_gets_a_number() -> None:
    found = imported(SLOTH + SLO % ("OK", "99"))
    assert [objective["name"] for objective in found.resources[0].resource["spec"]["objectives"]] == ["ok", "ok-2"]
    assert not found.lost


def test_what_the_model_refuses_is_named_in_its_words() -> None:
    found = imported(SLOTH.replace("99.9", "100"))
    assert found.resources == ()
    assert lost(found) == [
        (
            "4: the whole objective ok: target: write a percentage above 0 and below 100 with at most six decimals, "
            "such as 99.9 (found 100)."
        )
    ]


def test_labels_stay_where_all_objectives_have_them() -> None:
    same = imported(f"{PYRRA % ('a', 'x')}---\n{PYRRA % ('b', 'x')}")
    assert (same.resources[0].resource["metadata"]["labels"], lost(same)) == ({"team": "x"}, [])
    different = imported(f"{PYRRA % ('a', 'x')}---\n{PYRRA % ('b', 'y')}")
    assert "labels" not in different.resources[0].resource["metadata"]
    assert [text.partition(" of ")[0] for text in lost(different)] == ["1: labels team: x", "12: labels team: y"]


def test_a_resource_has_at_most_16_objectives() -> None:
    found = imported("version: prometheus/v1\nservice: shop\nslos:\n" + "".join(SLO % (f"o{i}", 99) for i in range(18)))
    assert len(found.resources[0].resource["spec"]["objectives"]) == 16
    assert len(lost(found)) == 2


IN_P = SLOTH.replace('job="shop"', 'job="shop",namespace="p"')


@cases(
    "options, where",
    {
        "that is told": (ImportOptions(namespace="prod"), "prod"),
        "that nobody told": (ImportOptions(), "the namespace that the resource is applied to"),
    },
)
def test_selectors_of_every_namespace_are_said_to_count_in_one(options: ImportOptions, where: str) -> None:
    found = imported(SLOTH + SLO % ("fast", "99"), options)
    assert [str(remark) for remark in found.resources[0].remarks] == [
        (
            "slo.yaml:4:3: ok, fast: no selector names a namespace; the original counts series of all, this resource "
            f"those of {where} alone"
        )
    ]
    assert not found.lost


@cases("options", {"is found": ImportOptions(), "is told too": ImportOptions(namespace="p")})
def test_a_namespace_of_all_selectors_is_the_resources(options: ImportOptions) -> None:
    found = imported(IN_P, options)
    assert [one.resource["metadata"]["namespace"] for one in found.resources] == ["p"]
    assert found.remarks == ()


def test_series_of_another_namespace_than_is_told_cannot_be_counted() -> None:
    found = imported(IN_P + SLO % ("anywhere", "99"), ImportOptions(namespace="shop"))
    assert [objective["name"] for objective in found.resources[0].resource["spec"]["objectives"]] == ["anywhere"]
    assert lost(found) == [
        (
            "4: the whole objective ok: its selectors ask for namespace p, and a resource in shop counts series of "
            "shop alone: import it with --namespace p"
        )
    ]


@cases(
    "text, options, named",
    {
        "an object of nobody": ("{kind: Deployment}", None, "the whole object: Deployment is nothing of Sloth, Pyrra"),
        "an object of another tool than asked for": (
            PYRRA % ("a", "x"),
            ImportOptions(only=Format.SLOTH),
            "the whole object: ServiceLevelObjective is nothing of sloth",
        ),
        "a file that ends in the middle": ("a: [", None, "the rest of the file: this is no YAML"),
    },
)
def test_nothing_is_passed_over_in_silence(text: str, options: ImportOptions | None, named: str) -> None:
    found = imported(text, options)
    assert found.lost
    assert named in lost(found)[0]


def test_the_text_is_valid_and_says_above_what_is_not_in_it() -> None:
    grouped = PYRRA.replace("    ratio:\n", "    ratio:\n      grouping: [path]\n") % ("a", "x")
    (one,) = imported(grouped, ImportOptions(namespace="prod")).resources
    text = resource_text(one)
    first, second, *_ = text.splitlines()
    assert first.startswith("# slo.yaml:1:1: a: no selector names a namespace;")
    assert second.startswith("# slo.yaml:9:7: not carried over: spec.indicator.ratio.grouping: a budget for each path")
    assert yaml.safe_load(text) == one.resource
    assert check(objects(text)).findings == ()
    assert file_of(one) == "prod.shop.yaml"
