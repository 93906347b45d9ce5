"""Calls to the API server, counted from its own audit log: who, which verb, which resource."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """One kind of call."""

    user: str
    verb: str
    resource: str
    """With its subresource: ``prometheusrules``, ``goserviceslos/status``."""
    failed: bool
    """Answered with 400 or above."""

    @property
    def is_lease(self) -> bool:
        """Leader election, which costs the same however many resources there are."""
        return self.resource == "leases"

    @property
    def is_write(self) -> bool:
        return self.verb in WRITES and not self.is_lease


class AuditLog:
    """Follows an audit log; each request counts once, a watch when it starts and the rest when answered."""

    def __init__(self, path: Path) -> None:
        self._log = path.open("rb")
        self._half_line = b""
        self._counts: Counter[Call] = Counter()
        self._last: dict[str, float] = {}

    def close(self) -> None:
        self._log.close()

    def counts(self) -> Counter[Call]:
        """All calls until now."""
        self._read()
        return Counter(self._counts)

    def last_call(self, user: str) -> float:
        """When ``user`` was last answered anything but a watch or a lease, in seconds since the epoch; 0: never."""
        self._read()
        return self._last.get(user, 0.0)

    def _read(self) -> None:
        *lines, self._half_line = (self._half_line + self._log.read()).split(b"\n")
        for line in lines:
            event = json.loads(line)
            call = call_of(event)
            if call is None:
                continue
            self._counts[call] += 1
            if call.verb != "watch" and not call.is_lease:
                self._last[call.user] = datetime.fromisoformat(event["stageTimestamp"]).timestamp()


def call_of(event: Mapping[str, object]) -> Call | None:
    """The call that an audit event stands for; None for the second event of a watch."""
    verb, stage = str(event["verb"]), event["stage"]
    if (verb == "watch") != (stage == "ResponseStarted"):
        return None
    what = event.get("objectRef")
    where = what if isinstance(what, dict) else {}
    resource = "/".join(str(where[part]) for part in ("resource", "subresource") if part in where)
    user, answer = event["user"], event.get("responseStatus")
    code = answer.get("code", 0) if isinstance(answer, dict) else 0
    return Call(
        user=str(user["username"]) if isinstance(user, dict) else "",
        verb=verb,
        resource=resource or "(discovery)",
        failed=code >= 400,
    )


def by_verb(counts: Mapping[Call, int], user: str) -> dict[str, int]:
    """How often ``user`` made each call, keyed by ``verb resource``; failed ones apart."""
    said: Counter[str] = Counter()
    for call, count in counts.items():
        if call.user == user and count:
            said[f"{call.verb} {call.resource}{' (failed)' if call.failed else ''}"] += count
    return dict(sorted(said.items()))


def total(counts: Mapping[Call, int], user: str) -> int:
    """Calls of ``user`` but for leases."""
    return sum(count for call, count in counts.items() if call.user == user and not call.is_lease)


def writes(counts: Mapping[Call, int], user: str) -> int:
    """Writes of ``user`` but for leases."""
    return sum(count for call, count in counts.items() if call.user == user and call.is_write)
