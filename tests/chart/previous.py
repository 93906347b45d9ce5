"""The chart that users have when they upgrade to this one."""

import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import yaml
from tests.chart.programs import CHART, ROOT


def previous_chart(into: Path) -> Path:
    """The chart of the last release (the last git tag that holds one).

    Before the first release there is none: then it is this chart under an older version, with a definition that
    lacks one printer column, so that an upgrade has something to bring.
    """
    described = subprocess.run(
        ["git", "describe", "--tags", "--abbrev=0", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if described.returncode == 0:
        found = subprocess.run(
            ["git", "archive", described.stdout.strip(), "charts/goserviceslo"],
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        if found.returncode == 0:
            with tarfile.open(fileobj=BytesIO(found.stdout)) as archive:
                archive.extractall(into, filter="data")
            return into / "charts" / "goserviceslo"
    return _older(Path(shutil.copytree(CHART, into / "goserviceslo")))


def _older(chart: Path) -> Path:
    file = chart / "Chart.yaml"
    described = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump({**described, "version": "0.0.1", "appVersion": "0.0.1"}), encoding="utf-8")
    [definition] = (chart / "files" / "crds").iterdir()
    crd = yaml.safe_load(definition.read_text(encoding="utf-8"))
    del crd["spec"]["versions"][0]["additionalPrinterColumns"][0]
    definition.write_text(yaml.safe_dump(crd), encoding="utf-8")
    return chart
