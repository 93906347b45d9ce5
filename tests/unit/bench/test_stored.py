"""A run that was cut short is gone on with, but never mixed with another."""

import json
from pathlib import Path
from typing import Any

import pytest
from bench.stored import resumed, store

BEGUN: dict[str, Any] = {
    "schema": 1,
    "started": "2026-11-21T10:00:00+00:00",
    "command": "python -m bench.scale --tools goslo",
    "git": {"commit": "0" * 40, "dirty": False},
    "machine": {"cores": 2},
    "versions": {"sloth": "v1"},
    "settings": {"tools": ["goslo"]},
    "notes": ["quiet"],
    "trials": [{"tool": "goslo"}],
}
CUT_SHORT = {"tool": "sloth", "cut_short": True}
LATER = {
    **BEGUN,
    "started": "2026-11-21T11:00:00+00:00",
    "command": "python -m bench.scale --resume",
    "settings": {"tools": ["goslo", "sloth"]},
    "notes": ["quiet", "a pause between"],
    "trials": [],
}


def test_a_resumed_result_keeps_its_trials_and_names_both_commands(tmp_path: Path) -> None:
    out = tmp_path / "scale.json"
    stored = {**BEGUN, "trials": [*BEGUN["trials"], CUT_SHORT]}
    store(out, stored)
    found = resumed(out, {**LATER, "git": {"commit": "1" * 40, "dirty": False}})
    assert found["trials"] == [{"tool": "goslo", "git": BEGUN["git"]}], "a trial says of which commit it is"
    assert found["started"] == BEGUN["started"]
    assert found["command"] == "python -m bench.scale --tools goslo`, then `python -m bench.scale --resume"
    store(tmp_path / "again.json", found)
    assert resumed(tmp_path / "again.json", LATER)["command"] == found["command"], "once is enough"
    assert found["settings"] == LATER["settings"]
    assert found["notes"] == ["quiet", "a pause between"]
    assert json.loads(out.read_text()) == stored


@pytest.mark.parametrize(
    ("part", "other"),
    [("machine", {"cores": 4}), ("versions", {"sloth": "v2"})],
)
def test_another_world_is_another_result(tmp_path: Path, part: str, other: dict[str, Any]) -> None:
    out = tmp_path / "scale.json"
    store(out, BEGUN)
    with pytest.raises(ValueError, match=f"of another {part}: begin a new one"):
        resumed(out, {**LATER, part: other})
