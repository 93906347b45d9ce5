"""Findings as SARIF 2.1.0, which code hosts show beside the lines that they speak of.

Made after the OASIS standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from goserviceslo.authoring.checking import Finding, Rule
from goserviceslo.ports import Json

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(findings: Iterable[Finding], unreadable: Sequence[str], version: str) -> Json:
    """The log of one run; `unreadable` are sentences on files that were not read, `version` is the program's."""
    rules = list(Rule)
    invocation: Json = {"executionSuccessful": not unreadable}
    if unreadable:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": sentence}} for sentence in unreadable
        ]
    driver = {
        "name": "goslo",
        "semanticVersion": version,
        "rules": [{"id": rule.value, "shortDescription": {"text": rule.meaning}} for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": [_result(finding, rules) for finding in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding, rules: list[Rule]) -> Json:
    text = f"{finding.path}: {finding.message}" if finding.path else finding.message
    location: Json = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(finding.place.file.replace("\\", "/"))},
            "region": {"startLine": finding.place.line, "startColumn": finding.place.column},
        }
    }
    if finding.path:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.path, "kind": "member"}]
    return {
        "ruleId": finding.rule.value,
        "ruleIndex": rules.index(finding.rule),
        "level": "error",
        "message": {"text": text},
        "locations": [location],
    }
