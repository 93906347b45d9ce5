"""A containerd of the test's own takes the archives in the very way in which kind hands them to its nodes."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ociimage.archive import Image, Process, write_archive
from ociimage.layer import Directory, File, Symlink, write_layer

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(os.geteuid() != 0, reason="containerd needs root"),
]

CONFIG = """
version = 2
root = "{place}/root"
state = "{place}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{place}/containerd.sock"
[ttrpc]
address = "{place}/containerd.sock.ttrpc"
"""


@dataclass(frozen=True)
class Containerd:
    """A private containerd and its command line."""

    socket: Path

    def ctr(self, *arguments: str, stdin: Path | None = None) -> str:
        with (stdin or Path(os.devnull)).open("rb") as source:
            done = subprocess.run(
                ["ctr", "--address", str(self.socket), "--namespace", "k8s.io", *arguments],
                stdin=source,
                capture_output=True,
                text=True,
                timeout=60,
            )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def containerd(tmp_path: Path) -> Iterator[Containerd]:
    # Asked here: on a fresh machine the first test with a node installs it, long after this file was read.
    if shutil.which("containerd") is None:
        pytest.skip("containerd is not installed")
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(place=tmp_path))
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(["containerd", "--config", str(config)], stdout=log, stderr=log)
    try:
        running = Containerd(tmp_path / "containerd.sock")
        deadline = time.monotonic() + 30
        while True:
            try:
                running.ctr("version")
                break
            except AssertionError:
                assert process.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < deadline, (tmp_path / "log").read_text()
                time.sleep(0.1)
        yield running
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def image(tmp_path: Path) -> Image:
    """Two layers of which the upper one changes the lower one's file, and a few kinds of entries."""
    lower = write_layer({"/etc/a": File(b"lower"), "/etc/b": File(b"kept")}, tmp_path / "lower")
    upper = write_layer({"/etc/a": File(b"upper"), "/etc/c": Symlink("a"), "/tmp": Directory(0o1777)}, tmp_path / "up")
    return write_archive("goslo.local/layers:1", [lower, upper], Process(["/bin/none"]), tmp_path / "image.tar")


def test_kinds_way_of_importing_gives_the_image_its_name_and_digest(containerd: Containerd, image: Image) -> None:
    containerd.ctr("images", "import", "--all-platforms", "--digests", "-", stdin=image.path)
    listed = {line.split()[0]: line.split()[2] for line in containerd.ctr("images", "ls").splitlines()[1:]}
    assert listed["goslo.local/layers:1"] == image.digest


def test_the_layers_unpack_to_what_went_in(containerd: Containerd, image: Image, tmp_path: Path) -> None:
    containerd.ctr("images", "import", str(image.path))
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    containerd.ctr("images", "mount", "goslo.local/layers:1", str(mounted))
    try:
        seen = {name: (mounted / "etc" / name).read_text() for name in ("a", "b", "c")}
        mode = (mounted / "tmp").stat().st_mode & 0o7777
    finally:
        containerd.ctr("images", "unmount", str(mounted))
    assert seen == {"a": "upper", "b": "kept", "c": "upper"}
    assert mode == 0o1777
