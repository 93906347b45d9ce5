"""`python -m quality`: run every guard and say what is wrong; exit 1 where anything is."""

import subprocess
import sys
from pathlib import Path

from localcluster.binaries import ensure
from quality import caselibrary
from quality.links import dead_links

ROOT = Path(__file__).resolve().parents[2]
RENDERED = {
    "crds/goslo.dev_goserviceslos.yaml": ("goslo", "crd"),
    "docs/reference/goserviceslo.md": ("goslo", "reference"),
    "docs/reference/report.schema.json": ("goslo", "report", "--schema"),
}


def rendered_files() -> list[str]:
    """A sentence for each rendered file that differs from what its generator gives now."""
    problems = []
    for name, command in RENDERED.items():
        fresh = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
        if (ROOT / name).read_text(encoding="utf-8") != fresh:
            problems.append(f"{name} is not what `{' '.join(command)}` renders: run `make generate`")
    return problems + caselibrary.outdated()


def chart() -> list[str]:
    """What `helm lint` has against the chart."""
    helm = ensure(["helm"])["helm"]
    result = subprocess.run(
        [helm, "lint", "--strict", "charts/goserviceslo"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    return [] if result.returncode == 0 else [result.stdout + result.stderr]


def links() -> list[str]:
    """Dead links in every Markdown file that git tracks."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "*.md"], check=True, capture_output=True, text=True, cwd=ROOT
    ).stdout.split("\0")
    return dead_links(ROOT, [ROOT / name for name in names if name and (ROOT / name).exists()])


def main() -> int:
    """Run all guards; every problem is told, not only the first."""
    problems = []
    for guard in (rendered_files, links, chart):
        found = guard()
        print(f"{guard.__name__.replace('_', ' ')}: {'ok' if not found else f'{len(found)} problems'}")
        problems += found
    for problem in problems:
        print(f"  {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
