"""What every cluster can do, whatever it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Unsupported(RuntimeError):
    """This kind of cluster cannot do that; the text says which can."""


class Cluster(Protocol):
    """The whole interface that demos and end-to-end tests build on."""

    def up(self) -> None:
        """Bring it up, or what of it is not up; idempotent."""

    def load_image(self, tar: Path) -> None:
        """Make the images of an OCI or docker archive available to its pods; raises ``Unsupported``."""

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig with administrator's rights, reachable from this machine."""

    def down(self) -> None:
        """Take it down and leave nothing behind, in whatever state it is; idempotent."""
