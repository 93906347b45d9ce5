"""The Debian packages that the native node is made of."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .report import Stopwatch, say

PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "/usr/lib/cni/ptp": "containernetworking-plugins",
    "iptables": "iptables",
    "ip": "iproute2",
    "conntrack": "conntrack",
    "nsenter": "util-linux",
    "sysctl": "procps",
    "openssl": "openssl",
}
"""What has to be there, a command or a file, and the package that brings it."""

_ALSO_SEARCHED = "/usr/local/sbin:/usr/sbin:/sbin"
"""A user's PATH may lack them."""


class CannotInstall(RuntimeError):
    """Packages are missing and this process may or can not install them."""


def missing() -> list[str]:
    """The packages that are not installed."""

    def there(what: str) -> bool:
        return (
            Path(what).exists()
            if what.startswith("/")
            else shutil.which(what, path=f"{os.environ.get('PATH', '')}:{_ALSO_SEARCHED}") is not None
        )

    return sorted({package for what, package in PACKAGES.items() if not there(what)})


def install_missing() -> None:
    """Install what is missing; raises ``CannotInstall``."""
    packages = missing()
    if not packages:
        return
    wanted = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise CannotInstall(f"the node needs {wanted} (Debian's names), and there is no apt-get to install them with")
    if os.geteuid() != 0:
        raise CannotInstall(f"the node needs {wanted}: run as root, or apt-get install them first")
    watch = Stopwatch()
    say(f"Debian packages: installing {wanted}")
    _apt("update")
    _apt("install", "--yes", "--no-install-recommends", *packages)
    say(f"Debian packages: installed in {watch}")


def _apt(*arguments: str) -> None:
    command = ["apt-get", "-qq", "-o=Acquire::Retries=3", *arguments]
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise CannotInstall(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr).strip()[-3000:]}")
