"""Layers: the same bytes from the same content, and nothing in them of who built them when and where."""

import gzip
import hashlib
import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.table import cases

from ociimage.layer import Directory, Entries, File, Symlink, total, tree, write_layer

ENTRIES: Entries = {
    "/bin/program": File(b"machine code", 0o755),
    "/etc/settings": File(b"a = 1\n"),
    "/bin/alias": Symlink("program"),
    "/tmp": Directory(0o1777),
}


def members(path: Path) -> list[tarfile.TarInfo]:
    with tarfile.open(path, "r:gz") as archive:
        return archive.getmembers()


def test_the_order_in_which_entries_are_given_leaves_no_trace(tmp_path: Path) -> None:
    one = write_layer(ENTRIES, tmp_path / "one")
    other = write_layer(dict(reversed(list(ENTRIES.items()))), tmp_path / "another-name")
    assert one.digest == other.digest
    assert one.path.read_bytes() == other.path.read_bytes()


def test_a_tree_gives_the_same_layer_wherever_and_whenever_it_was_made(tmp_path: Path) -> None:
    digests = set()
    for name, modified in (("first", 1_000), ("second/deeper", 2_000_000_000)):
        root = tmp_path / name
        (root / "lib").mkdir(parents=True)
        (root / "lib/module.py").write_text("x = 1\n")
        (root / "lib/link.py").symlink_to("module.py")
        os.utime(root / "lib/module.py", (modified, modified))
        digests.add(write_layer(tree(root, "/opt"), tmp_path / "layer").digest)
    assert len(digests) == 1


@cases(
    "changed",
    {
        "another byte": {"/etc/settings": File(b"a = 2\n")},
        "another mode": {"/etc/settings": File(b"a = 1\n", 0o600)},
        "another link": {"/bin/alias": Symlink("programme")},
        "another entry": {"/etc/more": File(b"")},
    },
)
def test_any_change_of_content_changes_the_digest(tmp_path: Path, changed: Entries) -> None:
    before, after = (write_layer(entries, tmp_path / "layer").diff_id for entries in (ENTRIES, {**ENTRIES, **changed}))
    assert before != after


def test_the_digests_and_sizes_are_those_of_the_bytes(tmp_path: Path) -> None:
    layer = write_layer(ENTRIES, tmp_path / "layer")
    packed = layer.path.read_bytes()
    assert layer.digest == f"sha256:{hashlib.sha256(packed).hexdigest()}"
    assert layer.diff_id == f"sha256:{hashlib.sha256(gzip.decompress(packed)).hexdigest()}"
    assert layer.size_bytes == len(packed)
    assert layer.unpacked_bytes == len(b"machine code") + len(b"a = 1\n")
    assert total([layer, layer]) == (2 * layer.size_bytes, 2 * layer.unpacked_bytes)


def test_everything_belongs_to_root_and_has_one_time_stamp(tmp_path: Path) -> None:
    written = members(write_layer(ENTRIES, tmp_path / "layer", mtime=86_400).path)
    assert [entry.name for entry in written] == ["bin", "bin/alias", "bin/program", "etc", "etc/settings", "tmp"]
    assert {(entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime) for entry in written} == {
        (0, 0, "", "", 86_400)
    }
    assert {entry.name: oct(entry.mode) for entry in written if not entry.issym()} == {
        "bin": "0o755",
        "bin/program": "0o755",
        "etc": "0o755",
        "etc/settings": "0o644",
        "tmp": "0o1777",
    }


def test_a_program_that_takes_its_owners_rights_loses_that_bit(tmp_path: Path) -> None:
    program = tmp_path / "root/su"
    program.parent.mkdir()
    program.touch()
    program.chmod(0o6755)
    assert tree(tmp_path / "root") == {"/su": File(program, 0o755)}


def test_a_pipe_is_refused_by_its_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="pipe is no file, directory or symbolic link"):
        tree(tmp_path)


@pytest.mark.parametrize("path", ["etc/passwd", "", "/etc/../passwd", ".."])
def test_a_path_that_is_not_plainly_absolute_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="want an absolute path"):
        write_layer({path: File(b"")}, tmp_path / "layer")


names = st.text("abcdefghij-é漢", min_size=1, max_size=150)


@given(st.dictionaries(st.tuples(names, names).map("/".join), st.binary(max_size=200), max_size=6))
def test_what_goes_in_comes_out(tmp_path_factory: pytest.TempPathFactory, contents: dict[str, bytes]) -> None:
    layer = write_layer({f"/{name}": File(body) for name, body in contents.items()}, tmp_path_factory.mktemp("l") / "l")
    with tarfile.open(fileobj=io.BytesIO(layer.path.read_bytes())) as archive:
        read = {entry.name: body.read() for entry in archive if (body := archive.extractfile(entry)) is not None}
    assert read == contents
