"""The image's own Python, run from its unpacked root file system: what it compiles and checks fits the image exactly.

It is started through the image's own dynamic loader, so that it needs neither root, nor a mount, nor a Python of the
same release on this machine.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .failures import CannotBuild


@dataclass(frozen=True)
class Interpreter:
    """``name`` (such as ``python3.11``) in the file system below ``root``."""

    root: Path
    name: str

    def run(self, *arguments: str, path: Sequence[Path] = ()) -> str:
        """What Python prints when run with these arguments, its modules found in ``path`` too.

        Raises CannotBuild.
        """
        loader = next(self.root.glob("lib/*-linux-gnu/ld-linux-*.so.*"))
        libraries = f"{loader.parent}:{self.root / 'usr/lib' / loader.parent.name}"
        program = self.root / "usr/bin" / self.name
        done = subprocess.run(
            [str(loader), "--library-path", libraries, str(program), "-P", "-s", *arguments],
            env={
                "PYTHONHOME": str(self.root / "usr"),
                "PYTHONPATH": ":".join(map(str, path)),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONHASHSEED": "0",  # the order of sets that are compiled in
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise CannotBuild(f"the image's {self.name} failed:\n{(done.stdout + done.stderr).strip()[-4000:]}")
        return done.stdout

    def compile(self, directory: Path, installed_at: str) -> None:
        """Compile every module below ``directory``, which will be at ``installed_at`` in the image.

        The compiled modules are never held against their sources, whose times say nothing in an image.
        """
        self.run(
            *("-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
            *("-s", str(directory), "-p", installed_at, str(directory)),
        )
