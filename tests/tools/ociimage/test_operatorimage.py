"""The operator's image, built from a checkout with the real lock file and a package of one module.

Fetches Debian packages by mmdebstrap and Python packages by uv, so it needs their registries.
"""

import shutil
from pathlib import Path

import pytest
from tests.table import cases

from ociimage.archive import Image
from ociimage.debian import available
from ociimage.failures import CannotBuild
from ociimage.operatorimage import CHECKOUT, build_operator

pytestmark = [
    pytest.mark.node,  # it is only on a node that the image is needed, and its first build takes a minute
    pytest.mark.skipif(not available(), reason="mmdebstrap is not installed, and this user cannot install it"),
]

PACKAGE = """
from importlib.metadata import version

__version__ = version("goserviceslo")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    package = root / "operator/goserviceslo"
    package.mkdir(parents=True)
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(CHECKOUT / name, root / name)
    (package / "__init__.py").write_text(PACKAGE)
    (package / "__main__.py").write_text("def main() -> None: ...\n")
    return root


def build(checkout: Path, out: Path) -> Image:
    return build_operator(out / "operator.tar", checkout=checkout)


def test_the_image_is_small_and_named_after_the_version(checkout: Path, tmp_path: Path) -> None:
    image = build(checkout, tmp_path)
    assert image.name == "goslo.local/goserviceslo:0.1.0"
    assert image.size_bytes < 45_000_000
    assert image.unpacked_bytes < 120_000_000


def test_two_builds_that_share_nothing_make_the_same_image(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = set()
    for name in ("first", "second"):
        # Neither takes the base that lies in the usual cache: Debian may have moved on since that was made.
        monkeypatch.setenv("GOSLO_CACHE", str(tmp_path / f"cache of the {name}"))
        digests.add(build(checkout, tmp_path / name).digest)
    assert len(digests) == 1


def test_a_change_of_the_package_is_another_image(checkout: Path, tmp_path: Path) -> None:
    before = build(checkout, tmp_path).digest
    (checkout / "operator/goserviceslo/more.py").write_text("x = 1\n")
    assert build(checkout, tmp_path).digest != before


@cases(
    "module, complaint",
    {
        "a module that the image lacks is missed": ("import pandas", "No module named 'pandas'"),
        "a module that was trimmed away is missed": ("import kubernetes.client.api.core_v1_api", "core_v1_api"),
        "a version of its own is refused": ("import goserviceslo\ngoserviceslo.__version__ = '9'", "version 9"),
    },
)
def test_an_image_that_would_not_run_is_not_built(checkout: Path, tmp_path: Path, module: str, complaint: str) -> None:
    (checkout / "operator/goserviceslo/odd.py").write_text(module)
    with pytest.raises(CannotBuild, match=complaint):
        build(checkout, tmp_path)
    assert not (tmp_path / "operator.tar").exists()
