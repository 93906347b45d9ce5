"""What commands ask of Prometheus, and what is said when no whole answer comes."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from goserviceslo.fleet.reporting import NO_TILES, Counted, Outages
from goserviceslo.ports import History, HistoryPort, Key, Matrix, NoData, Partial, Track, Unavailable
from goserviceslo.slo.conventions import (
    BAD_DELTA,
    EXCLUDED_DELTA,
    MAINTENANCE_ACTIVE,
    OUTAGE_DELTA,
    SEEN_BY_LABEL,
    SEEN_BY_REPLICAS,
    TOTAL_DELTA,
)
from goserviceslo.slo.tiles import recorded_range, recorded_tiles, tiles_of

_RECORDED_AT_ONCE = timedelta(days=16)
"""92,160 samples of two series with tiles of 30 s: some megabytes of answer."""


class NoAnswer(Exception):
    """The source gave no whole answer; the text is for the user."""


def whole(answer: History) -> Sequence[Track]:
    """The series of an answer; raises NoAnswer where it is not the whole one."""
    match answer:
        case Matrix(tracks):
            return tracks
        case NoData():
            return ()
        case Partial(_, warnings):
            raise NoAnswer(f"The answer is incomplete, and figures of it would be too small: {'; '.join(warnings)}")
        case Unavailable(_, detail):
            raise NoAnswer(detail)


def pieces(start: datetime, end: datetime, longest: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Adjoining stretches of at most this length."""
    while start < end:
        following = min(start + longest, end)
        yield start, following
        start = following


def recorded(
    history: HistoryPort, identity: Sequence[str], start: datetime, end: datetime, outages: Outages
) -> Counted:
    """What the rules recorded of an objective after `start` and not after `end`. Raises NoAnswer."""
    tiles = excluded = maintained = NO_TILES
    for low, high in pieces(start, end, _RECORDED_AT_ONCE):
        total, bad, left_out, active = (
            whole(history.samples(recorded_range(series, identity, high - low), high))
            for series in (TOTAL_DELTA, BAD_DELTA, EXCLUDED_DELTA, MAINTENANCE_ACTIVE)
        )
        tiles = tiles.joined(recorded_tiles([*total, *bad]))
        excluded = excluded.joined(tiles_of(left_out))
        maintained = maintained.joined(tiles_of(active))
    return Counted(tiles, excluded, maintained, outages)


def recorded_outages(history: HistoryPort, key: Key, start: datetime, end: datetime) -> Outages:
    """The outages that were recorded of a resource. Raises NoAnswer."""
    proven, suspected = NO_TILES, NO_TILES
    for low, high in pieces(start, end, _RECORDED_AT_ONCE):
        question = recorded_range(OUTAGE_DELTA, (key.namespace, key.name), high - low)
        tracks = whole(history.samples(question, high))
        by_proof = {proof: [one for one in tracks if _is_proof(one) is proof] for proof in (True, False)}
        proven = proven.joined(tiles_of(by_proof[True]))
        suspected = suspected.joined(tiles_of(by_proof[False]))
    return Outages(proven, suspected)


def _is_proof(track: Track) -> bool:
    return track.labels.get(SEEN_BY_LABEL) == SEEN_BY_REPLICAS
