"""GoServiceSLO: a Kubernetes operator that keeps the promises of Go services."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("goserviceslo")
except PackageNotFoundError:  # run from a source tree without being installed
    __version__ = "0.0.0+source"
