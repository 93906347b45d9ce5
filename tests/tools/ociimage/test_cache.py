"""What is kept between builds: made once, never half, by all that it is made from, and not for ever."""

import os
from pathlib import Path

import pytest

from ociimage import cache
from ociimage.archive import Process, write_archive
from ociimage.catalogue import UnknownImage, build
from ociimage.layer import File, write_layer


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOSLO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache/images"


class Maker:
    """Counts how often it was asked to make something."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, place: Path) -> None:
        self.made += 1
        (place / "content").write_text(str(self.made))


def test_what_is_there_is_not_made_again_unless_it_is_to_be_fresh() -> None:
    make = Maker()
    first = cache.kept("base", "key", make)
    assert cache.kept("base", "key", make) == first
    assert make.made == 1
    assert cache.kept("base", "other", make) != first
    assert cache.kept("base", "key", make, refresh=True) == first
    assert (first / "content").read_text() == "3"


def test_a_build_that_fails_leaves_nothing_behind(own_cache: Path) -> None:
    def fail(place: Path) -> None:
        (place / "half").touch()
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        cache.kept("base", "key", fail)
    assert not [path for path in own_cache.iterdir() if path.is_dir()]
    assert (cache.kept("base", "key", Maker()) / "content").exists()


def test_what_nobody_used_for_weeks_goes_with_the_next_build_of_its_kind() -> None:
    old, used, other = (cache.kept(kind, key, Maker()) for kind, key in (("a", "old"), ("a", "used"), ("b", "old")))
    for place in (old, used, other):
        os.utime(place, (0, 0))
    cache.kept("a", "used", Maker())
    assert (old.exists(), used.exists(), other.exists()) == (False, True, True)


def test_a_key_depends_on_each_input_and_on_where_one_ends(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"ab")
    keys = [cache.key_of("ab", "c"), cache.key_of("a", "bc"), cache.key_of("c", "ab"), cache.key_of("ab")]
    assert len(set(keys)) == len(keys)
    assert cache.key_of(file, "c") == cache.key_of(b"ab", "c") == keys[0]


def test_a_layer_is_recalled_as_it_was(tmp_path: Path) -> None:
    layer = write_layer({"/file": File(b"content")}, tmp_path / "layer")
    cache.remember(layer)
    assert cache.recall(tmp_path / "layer") == layer


def test_a_kept_image_is_described_as_it_was_when_it_was_made(tmp_path: Path) -> None:
    layer = write_layer({"/file": File(b"content")}, tmp_path / "layer")
    made, again = (
        cache.kept_image("app", "key", lambda out: write_archive("app:1", [layer], Process(["/file"]), out))
        for _ in range(2)
    )
    assert made == again
    assert made.path.exists()


def test_an_image_that_is_not_ours_is_answered_with_those_that_are() -> None:
    with pytest.raises(UnknownImage, match="no image 'web'; there are: operator, service, loadgen, prometheus, pause"):
        build("web")
