"""Calls are counted once each, by who made them."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from bench.scale.audit import AuditLog, Call, by_verb, call_of, total, writes
from tests.table import cases

TOOL = "system:serviceaccount:bench-system:controller"


def event(verb: str, resource: str = "prometheusrules", **changes: Any) -> dict[str, Any]:
    """An audit event as the API server writes it, shortened."""
    stage = "ResponseStarted" if verb == "watch" else "ResponseComplete"
    return {
        "stage": stage,
        "verb": verb,
        "user": {"username": TOOL},
        "objectRef": {"resource": resource},
        "responseStatus": {"code": 200},
        "stageTimestamp": "2026-11-21T10:00:00.250000Z",
        **changes,
    }


@cases(
    "given, call",
    {
        "a plain write": (event("create"), Call(TOOL, "create", "prometheusrules", failed=False)),
        "a write of a subresource": (
            event("update", objectRef={"resource": "goserviceslos", "subresource": "status"}),
            Call(TOOL, "update", "goserviceslos/status", failed=False),
        ),
        "a read of something that is not there": (
            event("get", responseStatus={"code": 404}),
            Call(TOOL, "get", "prometheusrules", failed=True),
        ),
        "a watch counts when it starts": (event("watch"), Call(TOOL, "watch", "prometheusrules", failed=False)),
        "a watch does not count again when it ends": (event("watch", stage="ResponseComplete"), None),
        "the start of a long answer is no call of its own": (event("list", stage="ResponseStarted"), None),
        "a path without an object": (
            {key: value for key, value in event("get").items() if key != "objectRef"},
            Call(TOOL, "get", "(discovery)", failed=False),
        ),
    },
)
def test_an_event_stands_for_one_call_or_none(given: dict[str, Any], call: Call | None) -> None:
    assert call_of(given) == call


def test_the_log_is_followed_over_lines_that_are_written_in_two_halves(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.touch()
    line = json.dumps(event("create")) + "\n"
    log = AuditLog(path)
    with path.open("a") as out:
        out.write(line + line[:50])
        out.flush()
        assert log.counts().total() == 1
        out.write(line[50:])
        out.flush()
        assert log.counts().total() == 2
    log.close()


def test_neither_watches_nor_leases_keep_a_controller_from_being_quiet(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    quiet = [event("watch"), event("update", "leases")]
    path.write_text("".join(json.dumps(each) + "\n" for each in quiet))
    log = AuditLog(path)
    assert log.last_call(TOOL) == 0.0
    with path.open("a") as out:
        out.write(json.dumps(event("get")) + "\n")
    assert log.last_call(TOOL) == pytest.approx(1_795_255_200.25)
    log.close()


def test_totals_leave_out_leases_reads_and_other_users() -> None:
    counts = Counter(
        {
            Call(TOOL, "create", "prometheusrules", failed=False): 5,
            Call(TOOL, "get", "prometheusrules", failed=True): 4,
            Call(TOOL, "update", "leases", failed=False): 100,
            Call("somebody else", "create", "prometheusrules", failed=False): 1000,
        }
    )
    assert (total(counts, TOOL), writes(counts, TOOL)) == (9, 5)
    assert by_verb(counts, TOOL) == {
        "create prometheusrules": 5,
        "get prometheusrules (failed)": 4,
        "update leases": 100,
    }
