"""The lowest layer of the operator's image: Debian's Python without a shell, a package manager or any other program.

``mmdebstrap --variant=extract`` unpacks packages and runs none of their scripts, so what scripts would have made (the
bundle of certificates, compiled modules) is made here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from localcluster.report import Stopwatch, say

from .archive import architecture, build_time
from .cache import kept, key_of, recall, remember
from .failures import CannotBuild
from .interpreter import Interpreter
from .layer import File, Layer, tree, write_layer
from .static import ACCOUNTS, CERTIFICATES

SUITE = "bookworm"
PYTHON = "python3.11"
PACKAGES = ("base-files", "ca-certificates", "libpython3-stdlib", "python3-minimal", "tzdata")

_KEPT_PROGRAMS = {"python3", PYTHON}
_PROGRAM_DIRECTORIES = ("bin", "sbin", "usr/bin", "usr/sbin")

_NOT_NEEDED = (
    "boot dev home media mnt opt proc root run srv sys tmp",  # made by the container's runtime, or empty
    "etc/apt etc/cron.daily etc/dpkg etc/logrotate.d etc/fstab etc/hostname etc/resolv.conf",
    "var",  # of it the list of packages is written anew
    "usr/share/bug usr/share/debconf usr/share/info usr/share/lintian usr/share/locale usr/share/man usr/share/perl5",
    "usr/lib/*/gconv",  # conversions of the C library; Python has its own
    f"usr/lib/{PYTHON}/test usr/lib/{PYTHON}/pydoc_data usr/lib/{PYTHON}/lib2to3/tests",
)

# The packages' control fields, for scanners that look for known vulnerabilities by package and version.
_LIST_PACKAGES = (
    'for package in "$1"/var/cache/apt/archives/*.deb; do'
    ' dpkg-deb --field "$package" | sed "1a Status: install ok installed"; echo;'
    ' done > "$1/packages"'
)


@dataclass(frozen=True)
class Base:
    """The unpacked root file system, to run its Python, and the layer of it."""

    root: Path
    layer: Layer

    @property
    def python(self) -> Interpreter:
        return Interpreter(self.root, PYTHON)


def available() -> bool:
    """Whether mmdebstrap is there or can be installed."""
    return shutil.which("mmdebstrap") is not None or (os.geteuid() == 0 and shutil.which("apt-get") is not None)


def base(*, refresh: bool = False) -> Base:
    """The base, built at the first call and whenever this recipe changes; ``refresh`` takes today's packages."""
    here = Path(__file__).parent
    recipe = [here / f"{name}.py" for name in ("debian", "interpreter", "layer", "static")]
    place = kept("base", key_of(architecture(), str(build_time()), *recipe), _make, refresh=refresh)
    return Base(place / "root", recall(place / "layer"))


def _make(place: Path) -> None:
    watch = Stopwatch()
    say(f"Debian {SUITE}: fetching Python and unpacking it")
    root = place / "root"
    packages = _unpack(root)
    _trim(root)
    bundle = b"".join(path.read_bytes() for path in sorted(root.glob("usr/share/ca-certificates/mozilla/*.crt")))
    if not bundle:
        raise CannotBuild("Debian's ca-certificates brought no certificates")
    Interpreter(root, PYTHON).compile(root / "usr/lib" / PYTHON, f"/usr/lib/{PYTHON}")
    made = {CERTIFICATES: File(bundle), "/var/lib/dpkg/status": File(packages)}
    remember(write_layer({**tree(root), **ACCOUNTS, **made}, place / "layer", mtime=build_time()))
    say(f"Debian {SUITE}: ready in {watch}")


def _unpack(root: Path) -> bytes:
    """Unpack the packages below ``root``; returns their control fields."""
    archive = root.with_suffix(".tar")
    command = [
        *(_mmdebstrap(), "--quiet", "--variant=extract", f"--include={','.join(PACKAGES)}"),
        *(
            "--aptopt=Apt::Install-Recommends false",
            "--aptopt=Acquire::Retries 3",
            f"--extract-hook={_LIST_PACKAGES}",
            SUITE,
            str(archive),
        ),
    ]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C.UTF-8"}
    )
    if done.returncode != 0:
        raise CannotBuild(f"{' '.join(command)} failed:\n{done.stderr.strip()[-3000:]}")
    with tarfile.open(archive) as unpacked:
        members = [member for member in unpacked if not member.isdev()]
        unpacked.extractall(root, members, filter="fully_trusted")
    archive.unlink()
    return (root / "packages").read_bytes()


def _mmdebstrap() -> str:
    if not available():
        raise CannotBuild("mmdebstrap is missing: apt-get install mmdebstrap")
    if shutil.which("mmdebstrap") is None:
        say("Debian packages: installing mmdebstrap")
        _apt("update")
        _apt("install", "--yes", "--no-install-recommends", "mmdebstrap")
    return "mmdebstrap"


def _apt(*arguments: str) -> None:
    command = ["apt-get", "-qq", "-o=Acquire::Retries=3", *arguments]
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise CannotBuild(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr).strip()[-3000:]}")


def _trim(root: Path) -> None:
    (root / "packages").unlink()
    unneeded = [path for line in _NOT_NEEDED for pattern in line.split() for path in root.glob(pattern)]
    for directory in _PROGRAM_DIRECTORIES:
        unneeded += [path for path in root.glob(f"{directory}/*") if path.name not in _KEPT_PROGRAMS]
    # Of the documentation the licences stay.
    unneeded += [path for path in root.glob("usr/share/doc/*/*") if path.name != "copyright"]
    for path in unneeded:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # a folder of documents may be a link to another
