"""Tests that need the least come first, while what the others need is built."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.prebuild import BINARIES, BackgroundBuild, in_order, needed
from tests.table import cases

from localcluster.node import BINARIES as PARTS_OF_A_NODE
from localcluster.recipes import RECIPES
from localcluster.spec import METRICS_SERVER, Backend

NATIVE = BINARIES["native"]


@cases(
    "markers, backend, names",
    {
        "pure functions need nothing": ([], "native", []),
        "an unknown marker needs nothing": (["parametrize"], "native", []),
        "what two need is built once": (["helm", "node"], "kind", ["helm", "kubectl", "prometheus", "kind"]),
        "the first to be needed comes first": (["helm", "prometheus"], "native", ["promtool", "prometheus", "helm"]),
        "where there can be no node, none of its parts": (["node"], None, ["kubectl", "helm", "prometheus"]),
        "a native node is made of many": (["node"], "native", ["kubectl", "helm", "prometheus", *NATIVE]),
    },
)
def test_it_builds_what_the_tests_stand_on(
    markers: Sequence[str], backend: Backend | None, names: Sequence[str]
) -> None:
    assert needed(markers, lambda: backend) == names


def test_every_part_of_a_node_is_built() -> None:
    assert {*NATIVE} == {*PARTS_OF_A_NODE, METRICS_SERVER}


def test_every_name_has_a_recipe() -> None:
    assert {name for names in BINARIES.values() for name in names} <= set(RECIPES)


def test_files_stay_whole_and_go_by_their_neediest_test() -> None:
    a, b, c, d = map(Path, "abcd")
    tests = [
        ("a1", a, {"node", "apiserver"}),
        ("a2", a, ()),
        ("b1", b, {"helm"}),
        ("c1", c, {"parametrize"}),
        ("c2", c, ()),
        ("d1", d, {"prometheus"}),
    ]
    assert in_order(tests) == ["c1", "c2", "d1", "b1", "a1", "a2"]


def test_building_ends_where_the_tests_end(tmp_path: Path) -> None:
    began, ended = tmp_path / "began", tmp_path / "ended"
    program = f"""
import pathlib, signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    pathlib.Path({str(began)!r}).touch()
    time.sleep(600)
finally:
    pathlib.Path({str(ended)!r}).touch()
"""
    build = BackgroundBuild([sys.executable, "-c", program])
    while not began.exists():
        time.sleep(0.01)
    build.stop()
    assert ended.exists()
    build.stop()


def test_it_takes_what_the_tests_leave(tmp_path: Path) -> None:
    said = tmp_path / "said"
    program = f"""
import os, pathlib
from tests.prebuild import main
main([])
pathlib.Path({str(said)!r}).write_text(str(os.nice(0)))
"""
    BackgroundBuild([sys.executable, "-c", program]).wait()
    assert said.read_text() == "19"
