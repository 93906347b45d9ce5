"""What is wrong with resources in files: the sentence, and the place to go to."""

from tests.table import cases
from tests.unit.authoring.given import checked

from goserviceslo.authoring.checking import Rule

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
    },
)
def test_an_expression_is_confined_at_its_place(indicator: str, column: int, field: str, message: str) -> None:
    spec = f"{{target: {{name: a}}, objectives: [{{name: o, target: 9, {indicator}}}]}}"
    text = f"metadata: {{name: a, namespace: shop}}\nspec: {spec}\n"
    (finding,) = (one for one in checked(HEAD + text).findings if one.rule is Rule.PROMQL)
    assert (finding.place.line, finding.place.column) == (4, column)
    assert finding.path == f"spec.objectives[0].{field}"
    assert message in finding.message


def test_a_resource_of_no_namespace_may_be_applied_to_the_one_that_its_expressions_name() -> None:
    text = "metadata: {name: a}\nspec: {objectives: [{ratio: {bad: 'a{namespace=\"b\"}', total: c}}]}\n"
    assert [one for one in checked(HEAD + text).findings if one.rule is Rule.PROMQL] == []
