"""The case library: published figures of Go services, the resources that hold them, and what is rendered from both.

`python -m quality.caselibrary` writes the golden rules of every case and the page that lists all rows.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml

from goserviceslo.api.percent import format_percent
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.api.window import format_window
from goserviceslo.authoring.assuming import Assumption
from goserviceslo.authoring.checking import Checked, Resource, check
from goserviceslo.authoring.documents import read
from goserviceslo.authoring.rulefiles import NoRules, RuleFormat, RuleOptions, joined, rendered
from goserviceslo.authoring.wording import words
from goserviceslo.slo.rules import RuleSettings

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "examples/cases"
PAGE = ROOT / "docs/cases.md"
RESOURCE, RULES, NOTE, REPLAYS = "goserviceslo.yaml", "rules.yaml", "README.md", "replays.yaml"
OPTIONS = RuleOptions(Assumption(), RuleSettings())
"""Those of `goslo rules` without options."""

_HEAD = """\
# Cases: published figures of Go services

Rendered from [examples/cases](../examples/cases/cases.yaml) by `make generate`. Each row is a Go service in production
and the figures that were published for it: the companies' own claims, none of them measured by us. A row with a figure
that can be written as an objective is a folder with the resource, a note, its rules (exactly what `goslo rules` writes)
and replays.

- **held by replays**: `tests/cases` runs the case's rules in a real Prometheus engine over four worlds for each
  objective. The operator's own verdict must be Met where the figure is kept, Breached where it is just missed, and
  neither without traffic and without series; nobody is called then, and nothing recorded is ever NaN.
- **setting only**: the row names a setting that a resource takes, and nothing to promise.
- **not yet expressible**: with what is missing.
- **of the operator itself**: the figure is about a program like this one; with the test that holds it.

To add a case, copy a folder of [examples/cases](../examples/cases/cases.yaml), change its resource, note and replays,
and add its row to `cases.yaml`; then run `make generate` and `pytest tests/cases`. `replays.yaml` says what the pods
expose while all is well (`good`) and while it just is not (`bad`), how long the second may last (`keeps`), and how long
is too long (`misses`).
"""


class State(StrEnum):
    """What has become of a row."""

    HELD = "held by replays"
    SETTING = "setting only"
    MISSING = "not yet expressible"
    OPERATOR = "of the operator itself"


@dataclass(frozen=True, slots=True)
class Row:
    """One service and what was published of it."""

    case: str
    service: str
    figure: str
    rest: str = ""
    """Which of the figures no objective holds, and why."""
    state: State = State.HELD
    why: str = ""
    """Of a row that is no objective: where its setting stands, what is missing, or which test holds it."""

    @property
    def folder(self) -> Path:
        return CASES / self.case

    @property
    def is_held(self) -> bool:
        return self.state is State.HELD


def rows() -> tuple[Row, ...]:
    """All rows, in the order of the file."""
    listed = yaml.safe_load((CASES / "cases.yaml").read_text(encoding="utf-8"))
    return tuple(Row(**{**one, "state": State(one.get("state", State.HELD))}) for one in listed)


def checked(folder: Path) -> Checked:
    """What `goslo validate` finds in a case's resource."""
    name = str((folder / RESOURCE).relative_to(ROOT))
    return check(list(read(name, (folder / RESOURCE).read_text(encoding="utf-8"))))


def resource_of(folder: Path) -> Resource:
    """The one GoServiceSLO of a case. Raises ValueError with what is wrong with it."""
    found = checked(folder)
    if found.findings or len(found.resources) != 1:
        raise ValueError("\n".join(map(str, found.findings)) or f"{folder.name} must hold one GoServiceSLO")
    return found.resources[0]


def rules_text(folder: Path) -> str:
    """What `goslo rules` writes for a case. Raises ValueError where it writes nothing."""
    found = rendered(resource_of(folder), OPTIONS)
    if isinstance(found, NoRules):
        raise ValueError("\n".join(found.sentences))
    return joined([found], RuleFormat.PROMETHEUS, {})


def page() -> str:
    """The list of all rows with their state."""
    lines = [_HEAD, "| case | service | published | held by | state |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(map(_in_a_cell, _cells(row)))} |" for row in rows()]
    return "\n".join(lines) + "\n"


def _in_a_cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _cells(row: Row) -> Iterator[str]:
    yield f"[{row.case}](../examples/cases/{row.case}/README.md)" if row.is_held else row.case
    yield row.service
    yield row.figure
    if not row.is_held:
        yield ""
        yield f"{row.state}: {row.why}"
        return
    yield "<br>".join(_said(objective) for objective in resource_of(row.folder).spec.objectives)
    yield row.state + (f". Not held: {row.rest}" if row.rest else "")


def _said(objective: Objective) -> str:
    target, window = format_percent(objective.target), format_window(objective.window)
    return f"`{objective.name}`: {target}% over {window}; bad when {words(objective).bad}"


def files() -> dict[Path, str]:
    """All that is rendered, by the file where it stands."""
    rules = {row.folder / RULES: rules_text(row.folder) for row in rows() if row.is_held}
    return {**rules, PAGE: page()}


def outdated() -> list[str]:
    """A sentence for each file that is not what is rendered now."""
    return [
        f"{file.relative_to(ROOT)} is not what `python -m quality.caselibrary` renders: run `make generate`"
        for file, text in files().items()
        if not file.exists() or file.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Write all files anew."""
    for file, text in files().items():
        file.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
