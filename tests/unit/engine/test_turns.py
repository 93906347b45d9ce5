"""Turns: the lowest rank of those that are due."""

from tests.table import cases

from goserviceslo.engine.turns import Turns


def line(*puts: tuple[str, float, int]) -> Turns[str]:
    turns: Turns[str] = Turns()
    for key, at, rank in puts:
        turns.put(key, at, rank)
    return turns


@cases(
    "puts, now, first",
    {
        "nobody is there": ([], 0, None),
        "nobody is due yet": ([("a", 5, 0)], 4.9, None),
        "who has the lowest rank": ([("a", 0, 2), ("b", 1, 1), ("c", 2, 3)], 2, "b"),
        "a lower rank that is not due waits": ([("a", 0, 2), ("b", 9, 1)], 2, "a"),
        "of equals who was put first": ([("b", 0, 1), ("a", 0, 1)], 2, "b"),
        "who was put again stands where it was put last": ([("a", 0, 0), ("b", 0, 1), ("a", 0, 2)], 0, "b"),
        "who was put to a later time is not due": ([("a", 0, 0), ("a", 9, 0)], 5, None),
    },
)
def test_whose_turn_it_is(puts: list[tuple[str, float, int]], now: float, first: str | None) -> None:
    assert line(*puts).first(now) == first


def test_who_is_first_stays_first_until_it_is_put_elsewhere_or_dropped() -> None:
    turns = line(("a", 0, 0), ("b", 0, 1), ("c", 0, 2))
    assert [turns.first(0), turns.first(0)] == ["a", "a"]
    turns.put("a", 10, 0)
    assert turns.first(5) == "b"
    turns.drop("b")
    assert turns.first(5) == "c"
    assert turns.first(10) == "a"


def test_one_that_was_dropped_and_is_put_again_is_there_once() -> None:
    turns = line(("a", 0, 0))
    turns.drop("a")
    assert turns.first(0) is None
    turns.put("a", 0, 0)
    assert turns.first(0) == "a"
    turns.drop("a")
    assert turns.first(0) is None
