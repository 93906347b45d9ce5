"""A machine without the node's packages gets them, or a sentence."""

import os
from pathlib import Path

import pytest

from localcluster import debian
from localcluster.debian import PACKAGES, CannotInstall, install_missing, missing


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nothing is found but what a test puts into its one directory of programs."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(debian, "_ALSO_SEARCHED", "")
    return programs


def put(programs: Path, name: str, script: str) -> None:
    programs.joinpath(name).write_text(f"#!/bin/sh\n{script}\n")
    programs.joinpath(name).chmod(0o755)


def test_only_what_is_not_there_is_missing(bare: Path) -> None:
    put(bare, "containerd", "")
    put(bare, "iptables", "")
    packages = set(missing())
    assert {"runc", "iproute2", "conntrack"} <= packages <= set(PACKAGES.values())
    assert not packages & {"containerd", "iptables"}


def test_root_installs_what_is_missing(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = tmp_path / "said"
    put(bare, "apt-get", f'echo "$@" >> {said}')
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    install_missing()
    update, install = said.read_text().splitlines()
    assert update.split()[-1] == "update"
    assert set(missing()) <= set(install.split())


def test_a_failed_installation_says_what_apt_said(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(bare, "apt-get", "echo no such mirror >&2; exit 100")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(CannotInstall, match="no such mirror"):
        install_missing()


def test_others_than_root_are_told_what_to_install(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(bare, "apt-get", "exit 1")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(CannotInstall, match=r"containerd .*runc.*: run as root, or apt-get install them first"):
        install_missing()


def test_a_machine_without_apt_is_told_what_it_needs(bare: Path) -> None:
    with pytest.raises(CannotInstall, match="there is no apt-get"):
        install_missing()
