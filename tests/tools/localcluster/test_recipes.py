"""What is built, and when two builds are the same."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.table import cases

from localcluster.recipes import (
    RECIPES,
    Recipe,
    UnknownBinary,
    language_version,
    recipe,
    required_version,
    version_words,
)

GO = "go1.26.8"


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_has_a_module_with_checksums_and_a_key(name: str) -> None:
    one = recipe(name)
    assert one.directory.joinpath("go.mod").is_file()
    assert one.package == "." or one.directory.joinpath("go.sum").is_file()
    assert len(one.key(GO)) == 16
    assert "{" not in " ".join(one.build_flags()), "every stamp is filled in"


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownBinary, match=r"kubeclt.*there are: etcd, kube-apiserver, kubectl"):
        recipe("kubeclt")


def test_kubernetes_reports_the_version_that_its_module_requires() -> None:
    version = required_version(recipe("kubectl").directory.joinpath("go.mod").read_text(), "k8s.io/kubernetes")
    flags = " ".join(recipe("kubectl").build_flags())
    assert f"-X k8s.io/component-base/version.gitVersion={version}" in flags
    assert f"-X k8s.io/client-go/pkg/version.gitMinor={version.split('.')[1]}" in flags


@pytest.fixture
def module(tmp_path: Path) -> Recipe:
    directory = tmp_path / "module"
    shutil.copytree(recipe("coredns").directory, directory)
    return Recipe("coredns", str(directory))


def test_the_same_inputs_have_the_same_key(module: Recipe) -> None:
    assert module.key(GO) == recipe("coredns").key(GO)


@pytest.mark.parametrize("name", ["go.mod", "go.sum", "main.go"])
def test_a_changed_file_changes_the_key(name: str, module: Recipe) -> None:
    before = module.key(GO)
    with module.directory.joinpath(name).open("a") as file:
        file.write("\n")
    assert module.key(GO) != before


def test_a_changed_file_of_a_program_of_our_own_beside_the_module_changes_its_key(module: Recipe) -> None:
    own = replace(module, package="./own")
    module.directory.joinpath("own").mkdir()
    before, other = own.key(GO), module.key(GO)
    module.directory.joinpath("own", "main.go").write_text("package main\n")
    assert own.key(GO) != before
    assert module.key(GO) == other


def test_another_go_or_other_flags_change_the_key(module: Recipe) -> None:
    keys = [module.key(GO), module.key("go1.27.0"), replace(module, tags=("netgo",)).key(GO)]
    keys.append(replace(module, placeholder="ui/index.html").key(GO))
    assert len(set(keys)) == len(keys)


@cases(
    "go_mod",
    {
        "in a block": "module x\n\nrequire (\n\ta.b/c v1.2.3\n)\n",
        "in a block, indirect": "require (\n\ta.b/c v1.2.3 // indirect\n)\n",
        "on a line of its own": "require a.b/c v1.2.3\n",
        "beside a longer name": "require (\n\ta.b/c/v2 v2.0.0\n\ta.b/c v1.2.3\n)\n",
        "beside a replacement": "replace a.b/c => ../c v9.9.9\nrequire a.b/c v1.2.3\n",
    },
)
def test_the_required_version_is_read(go_mod: str) -> None:
    assert required_version(go_mod, "a.b/c") == "v1.2.3"


def test_a_module_that_is_not_required_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"requires no a\.b/d"):
        required_version("require a.b/c v1.2.3\n", "a.b/d")


def test_the_language_version_is_read() -> None:
    assert language_version("module x\n\ngo 1.26.4\n") == (1, 26, 4)
    with pytest.raises(ValueError, match="no go line"):
        language_version("module x\n")


def test_a_prometheus_module_version_is_told_as_prometheus_tells_it() -> None:
    assert version_words("v0.314.0")["folded"] == "3.14.0"
    assert version_words("v0.314.2")["folded"] == "3.14.2"
    assert "folded" not in version_words("v1.37.1")
