"""What an envelope with series over time says, and what is no whole answer."""

from typing import Any

import pytest
from tests.table import cases

from goserviceslo.adapters.exchange import Refused
from goserviceslo.adapters.prometheus_history import read_matrix
from goserviceslo.ports import Matrix, NoData, Partial

SERIES = {"metric": {"a": "b"}, "values": [[1.5, "2"], [2.0009999, "NaN"]]}


def envelope(result: Any, kind: str = "matrix", **further: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": kind, "result": result}, **further}


def test_samples_keep_their_own_time_to_the_millisecond() -> None:
    found = read_matrix(envelope([SERIES]))
    assert isinstance(found, Matrix)
    [track] = found.tracks
    assert (track.labels, track.points[0], track.points[1][0]) == ({"a": "b"}, (1500, 2.0), 2001)


@cases(
    "given, kind",
    {
        "no series": (envelope([]), NoData),
        "a warning that a store is missing": (envelope([SERIES], warnings=["store is down"]), Partial),
        "an answer that calls itself partial": (envelope([SERIES], isPartial=True), Partial),
        "a remark about the query alone": (envelope([SERIES], warnings=["PromQL info: x"]), Matrix),
    },
)
def test_an_answer_is_whole_empty_or_partial(given: dict[str, Any], kind: type) -> None:
    assert isinstance(read_matrix(given), kind)


def test_nothing_of_a_partial_answer_can_be_taken_for_the_whole() -> None:
    assert read_matrix(envelope([SERIES], warnings=["store is down"])) == Partial((), ("store is down",))


@cases(
    "given",
    {
        "a vector": envelope([], kind="vector"),
        "histograms only where numbers are wanted": envelope([{"metric": {}, "values": [[1]]}]),
        "no data at all": {"status": "success", "data": None},
    },
)
def test_something_else_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        read_matrix(given)
