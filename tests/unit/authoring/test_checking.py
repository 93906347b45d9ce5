"""What is wrong with resources in files: the sentence, and the place to go to."""

import pytest
from tests.table import cases
from tests.unit.authoring.given import checked
from tests.unit.slo.given import WORKLOAD

from goserviceslo.authoring.checking import Rule
from goserviceslo.slo.indicator import Unresolved, resolve

HEAD = "apiVersion: goslo.dev/v1alpha1\nkind: GoServiceSLO\n"
GOOD = "metadata: {name: %s}\nspec: {target: {name: %s}, objectives: [{name: availability, target: 99, http: {}}]}\n"


def good(name: str, target: str) -> str:
    return HEAD + GOOD % (name, target)


@cases(
    "text, place, rule, path, message",
    {
        "a value that does not fit, at the value": (
            "metadata: {name: a}\nspec:\n  target: {name: a}\n  objectives:\n  - {name: b, target: 150, http: {}}\n",
            (7, 23),
            Rule.SCHEMA,
            "spec.objectives[0].target",
            "write a percentage above 0 and below 100",
        ),
        "a field that is not known, at its name": (
            "metadata: {name: a}\nspec: {target: {name: a, size: 1}, objectives: [{name: b, target: 9, http: {}}]}\n",
            (4, 26),
            Rule.SCHEMA,
            "spec.target.size",
            "there is no such field",
        ),
        "a field that is missing, at what it belongs into": (
            "metadata: {name: a}\nspec:\n  target: {name: a}\n",
            (5, 3),
            Rule.SCHEMA,
            "spec.objectives",
            "is missing",
        ),
        "a zone that does not exist": (
            (
                "metadata: {name: a}\nspec:\n  target: {name: a}\n  objectives:\n"
                "  - {name: b, target: 99, window: Day, timeZone: Europe/Berln, http: {}}\n"
            ),
            (7, 50),
            Rule.TIME_ZONE,
            "spec.objectives[0].timeZone",
            "there is no time zone Europe/Berln: write Europe/Berlin.",
        ),
        "a name that Kubernetes does not take": (
            GOOD % ("A", "a"),
            (3, 18),
            Rule.SCHEMA,
            "metadata.name",
            "write the name of an object",
        ),
        "a namespace that is a list": (
            GOOD.replace("{name: %s}", "{name: %s, namespace: [x]}", 1) % ("a", "a"),
            (3, 32),
            Rule.SCHEMA,
            "metadata.namespace",
            'write at most 63 lower-case letters, digits and dashes, such as shop (found ["x"])',
        ),
        "a namespace that there cannot be": (
            GOOD.replace("{name: %s}", "{name: %s, namespace: ../A}", 1) % ("a", "a"),
            (3, 32),
            Rule.SCHEMA,
            "metadata.namespace",
            'write at most 63 lower-case letters, digits and dashes, such as shop (found "../A")',
        ),
    },
)
def test_a_finding_names_the_place(text: str, place: tuple[int, int], rule: Rule, path: str, message: str) -> None:
    (finding,) = checked(HEAD + text).findings
    assert (finding.place.line, finding.place.column) == place
    assert (finding.rule, finding.path) == (rule, path)
    assert finding.message.startswith(message)
    assert finding.message.endswith(".")


def test_one_name_twice_is_found_across_files() -> None:
    (finding,) = checked(good("a", "x"), good("a", "z")).findings
    assert finding.rule is Rule.DUPLICATE_NAME
    assert finding.place.file == "1.yaml"
    assert "0.yaml:3:18" in finding.message


def test_one_target_twice_is_found_across_files() -> None:
    (finding,) = checked(good("a", "x"), good("b", "x")).findings
    assert (finding.rule, finding.path, finding.place.file) == (Rule.SHARED_TARGET, "spec.target.name", "1.yaml")


def test_names_and_targets_of_other_namespaces_are_others() -> None:
    elsewhere = good("a", "x").replace("{name: a}", "{name: a, namespace: other}", 1)
    assert checked(good("a", "x"), elsewhere).findings == ()


def test_other_kinds_are_passed_over_and_counted() -> None:
    found = checked("{apiVersion: v1, kind: Secret}", good("a", "a"), "{kind: List, items: [{kind: ConfigMap}]}")
    assert (found.seen, found.passed_over, found.findings) == (1, 2, ())


def test_a_misspelt_kind_of_ours_is_not_passed_over() -> None:
    (finding,) = checked(good("a", "a").replace("GoServiceSLO", "GoServiceSlo")).findings
    assert finding.path == "kind"


def test_findings_come_in_the_order_of_files_and_lines() -> None:
    bad = good("a", "a").replace("target: 99", "target: 100") + "---\n" + good("B", "b")
    found = [(one.place.file, one.place.line) for one in checked(bad, bad).findings]
    assert found == [("0.yaml", 4), ("0.yaml", 8), ("1.yaml", 4), ("1.yaml", 8)]


@cases(
    "indicator, column, field, message",
    {
        "what is no PromQL": ("boolean: {holds: 'up =='}", 78, "boolean.holds", "it is no PromQL"),
        "another namespace": ("ratio: {bad: 'a{namespace=\"b\"}', total: a}", 74, "ratio.bad", "leave the matcher"),
        "a range that reads without bound": (
            "saturation: {gauge: 'max_over_time(a[1000d])', below: 1}",
            81,
            "saturation.gauge",
            "look back at most 7d",
        ),
        "a comparison that gives nothing where it fails": (
            "boolean: {holds: queue_length < 100}",
            78,
            "boolean.holds",
            "write < bool: without it",
        ),
        "a regular expression that not every engine reads": (
            "freshness: {timestamp: 'a{b=~\"[[:alpha:]]\"}', within: 1h}",
            84,
            "freshness.timestamp",
            'in the regular expression "[[:alpha:]]", write a-zA-Z instead of [:alpha:]',
        ),
        "another namespace while something is asked for": (
            "throughput: {counter: a, atLeast: 1, whileAskedFor: 'b{namespace=\"c\"}'}",
            113,
            "throughput.whileAskedFor",
            "leave the matcher",
        ),
        "a bound of another kind": (
            "saturation: {gauge: a_bytes, below: 80%}",
            97,
            "saturation.below",
            "is 80%, and a_bytes is measured in bytes: write a bound such as 512Mi.",
        ),
        "a spread of another kind": (
            "spread: {histogram: a_bytes, within: 3s, from: 1, to: 9}",
            98,
            "spread.within",
            "is 3s, and a_bytes is measured in bytes",
        ),
    },
)
def test_what_the_operator_would_refuse_is_found_at_its_field(
    indicator: str, column: int, field: str, message: str
) -> None:
    (finding,) = checked(HEAD + of_indicator(indicator, ", namespace: shop")).findings
    assert (finding.place.line, finding.place.column) == (4, column)
    assert finding.path == f"spec.objectives[0].{field}"
    assert finding.message.startswith(message)
    assert finding.rule is (Rule.UNIT if message.startswith("is ") else Rule.PROMQL)


FIELDS = {
    "ratio.bad": "ratio: {bad: %s, total: a}",
    "ratio.good": "ratio: {good: %s, total: a}",
    "ratio.total": "ratio: {bad: a, total: %s}",
    "saturation.gauge": "saturation: {gauge: %s, below: 1}",
    "freshness.timestamp": "freshness: {timestamp: %s, within: 1h}",
    "throughput.counter": "throughput: {counter: %s, atLeast: 1}",
    "throughput.whileAskedFor": "throughput: {counter: a, atLeast: 1, whileAskedFor: %s}",
    "spread.histogram": "spread: {histogram: %s, within: 1s, from: 1, to: 9}",
    "boolean.holds": "boolean: {holds: %s}",
}
WRITTEN = (
    "a",
    "a < 1",
    "a < bool 1",
    "rate(a[5m])",
    "a offset 5m",
    'a{namespace="b"}',
    'a{c=~"[[:alpha:]]"}',
    "1",
    "$",
)


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("field", FIELDS)
def test_files_are_good_where_there_would_be_rules_of_them(field: str, written: str) -> None:
    text = HEAD + of_indicator(FIELDS[field] % f"'{written}'", ", namespace: shop")
    found = checked(text)
    spec = found.resources[0].spec if found.resources else None
    made = spec is not None and not isinstance(resolve(spec.objectives[0], WORKLOAD, None, None), Unresolved)
    assert (found.findings == ()) is made, found.findings
    assert len(found.findings) <= 1
    assert {one.path for one in found.findings} <= {f"spec.objectives[0].{field}"}


def of_indicator(indicator: str, namespace: str = "") -> str:
    spec = f"{{target: {{name: a}}, objectives: [{{name: o, target: 9, {indicator}}}]}}"
    return f"metadata: {{name: a{namespace}}}\nspec: {spec}\n"


def test_a_namespace_that_is_given_is_that_of_resources_without_one() -> None:
    text = HEAD + of_indicator("boolean: {holds: 'a{namespace=\"b\"}'}")
    assert checked(text, namespace="b").findings == ()
    (finding,) = checked(text, namespace="c").findings
    assert "of its resource, c, and no other" in finding.message


def test_one_resource_has_one_namespace_whichever_its_expressions_name() -> None:
    (finding,) = checked(
        HEAD + of_indicator("ratio: {bad: 'a{namespace=\"b\"}', total: 'a{namespace=\"c\"}'}")
    ).findings
    assert finding.path == "spec.objectives[0].ratio.total"


def test_a_resource_of_no_namespace_may_be_applied_to_the_one_that_its_expressions_name() -> None:
    text = "metadata: {name: a}\nspec: {objectives: [{ratio: {bad: 'a{namespace=\"b\"}', total: c}}]}\n"
    assert [one for one in checked(HEAD + text).findings if one.rule is Rule.PROMQL] == []


def test_only_the_label_namespace_names_a_namespace() -> None:
    text = HEAD + of_indicator("ratio: {bad: 'a{exported_namespace=\"x\"}', total: 'b{namespace=\"shop\"}'}")
    assert checked(text).findings == ()
