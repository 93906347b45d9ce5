"""What the watcher wrote is read back; writes without effect are no changes."""

from pathlib import Path

from bench.scale.sightings import Sighting, Sightings
from bench.scale.watcher import owner

from goserviceslo.ports import Key

SHOP = Key("shop", "checkout")


def read(path: Path, *parts: str) -> Sighting:
    """The sighting of SHOP after each part was appended and read."""
    path.touch()
    sightings = Sightings(path)
    for part in parts:
        with path.open("a") as out:
            out.write(part)
        sightings.now()
    found = sightings.now()[SHOP]
    sightings.close()
    return found


def test_the_first_sight_stays_and_a_new_generation_is_a_change(tmp_path: Path) -> None:
    found = read(tmp_path / "seen", "100 shop checkout 1\n", "200 shop checkout 2\n")
    assert (found.first, found.changed, found.generation) == (100, 200, 2)


def test_a_write_that_raises_no_generation_is_no_change(tmp_path: Path) -> None:
    found = read(tmp_path / "seen", "100 shop checkout 1\n", "200 shop checkout 1\n")
    assert (found.first, found.changed) == (100, 100)


def test_half_a_line_is_read_when_its_other_half_is_there(tmp_path: Path) -> None:
    assert read(tmp_path / "seen", "100 shop che", "ckout 1\n").first == 100


def test_a_rule_belongs_to_its_owner_and_without_one_to_the_resource_of_its_name() -> None:
    assert owner({"name": "checkout-goslo", "ownerReferences": [{"name": "checkout"}]}) == "checkout"
    assert owner({"name": "checkout"}) == "checkout"
