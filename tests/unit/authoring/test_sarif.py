"""SARIF 2.1.0: what the standard requires of a log, a run, a result and a place (sections 3.13 to 3.30)."""

import json

from tests.unit.authoring.given import checked

from goserviceslo.authoring.checking import Rule
from goserviceslo.authoring.sarif import sarif
from goserviceslo.ports import Json

BAD = "{apiVersion: goslo.dev/v1alpha1, kind: GoServiceSLO, metadata: {name: a}, spec: {}}\n---\na: [\n"


def log(unreadable: tuple[str, ...] = ()) -> Json:
    return sarif(checked(BAD).findings, unreadable, "1.2.3")


def test_a_log_has_what_the_standard_requires() -> None:
    found = log()
    assert found["version"] == "2.1.0"
    assert found["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = found["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("goslo", "1.2.3")
    assert len({rule["id"] for rule in driver["rules"]}) == len(driver["rules"])
    assert all(rule["shortDescription"]["text"] for rule in driver["rules"])
    assert run["invocations"] == [{"executionSuccessful": True}]
    json.dumps(found)


def test_each_result_points_at_its_rule_and_place() -> None:
    (run,) = log()["runs"]
    assert len(run["results"]) == 3
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "0.yaml"
        assert physical["region"]["startLine"] >= 1
        assert physical["region"]["startColumn"] >= 1


def test_every_kind_of_finding_has_a_rule() -> None:
    (run,) = log()["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [rule.value for rule in Rule]


def test_a_file_name_is_written_as_a_uri() -> None:
    (finding, *_) = checked(BAD).findings
    moved = type(finding)(type(finding.place)("my slos/ä.yaml", 1, 1), finding.rule, finding.path, finding.message)
    (run,) = sarif([moved], (), "1")["runs"]
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "my%20slos/%C3%A4.yaml"


def test_an_unreadable_path_makes_the_run_a_failed_one() -> None:
    (invocation,) = log(("x.yaml: no such file or directory",))["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "x.yaml: no such file or directory"
