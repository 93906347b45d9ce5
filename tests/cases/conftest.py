"""A real promtool, and the cases of the library."""

from tests.replay.conftest import promtool, promtool_binary

__all__ = ["promtool", "promtool_binary"]
