"""Whoever meets a reason in a condition finds it in the how-to."""

import re
from pathlib import Path

import pytest

from goserviceslo.goruntime.environment import RuntimeTrouble
from goserviceslo.ports import Trouble
from goserviceslo.reconcile.model import RefusalKind
from goserviceslo.reconcile.runtime import TARGET_NOT_FOUND
from goserviceslo.scaling.autoscaler import ScalingTrouble
from goserviceslo.slo.indicator import Reason
from goserviceslo.slo.presence import Presence

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/how-to/conditions.md").read_text(encoding="utf-8")
_LITERAL = re.compile(r'_?Finding\(\s*(?:ObjectiveState\.\w+|"(?:True|False|Unknown)"),\s*"([A-Z]\w+)"')


def reasons() -> set[str]:
    """Every reason that the code can give: those of enums, and those written out where a finding is made."""
    found = {one.value for kind in (RuntimeTrouble, ScalingTrouble, Reason) for one in kind}
    found |= {one.value for one in Presence if one is not Presence.SERVING}
    found |= {TARGET_NOT_FOUND, *(f"Source{one.value}" for one in Trouble)}
    found |= {f"Rules{one.value}" for one in RefusalKind if one is not RefusalKind.CONFLICT}
    for room in ("reconcile", "slo"):
        for file in (ROOT / "operator/goserviceslo" / room).glob("*.py"):
            found |= set(_LITERAL.findall(file.read_text(encoding="utf-8")))
    return found


def test_reasons_are_found_in_the_code() -> None:
    assert {"EnvIgnored", "BudgetSpent", "TargetNotFound", "SourceUnreachable", "NoCpuRequest"} <= reasons()


@pytest.mark.parametrize("reason", sorted(reasons()))
def test_a_reason_is_explained(reason: str) -> None:
    assert f"`{reason}`" in PAGE
