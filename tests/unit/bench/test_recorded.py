"""The page of series is what a Prometheus reads, and what the operator's rules would have recorded."""

from itertools import pairwise

from bench.scale.objectives import promise
from bench.scale.recorded import GRID_SECONDS, TILE_SECONDS, history, page
from prometheus_client.parser import text_string_to_metric_families

from goserviceslo.slo import conventions
from goserviceslo.slo.burn import SUMMED

PROMISES = [promise(number) for number in range(3)]


def read(turn: int) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """The page's samples by name and labels."""
    # The parser of the older format takes colons in names, as the format says.
    text = b"".join(page(PROMISES, turn, every) for every in (TILE_SECONDS, GRID_SECONDS)).decode()
    families = text_string_to_metric_families(text)
    samples = [sample for family in families for sample in family.samples]
    found = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}
    assert len(found) == len(samples), "a series stands twice"
    return found


def test_every_promise_has_all_series_that_are_asked_for() -> None:
    names = [name for name, _ in read(0)]
    for name in (
        conventions.TOTAL_DELTA,
        conventions.BAD_DELTA,
        conventions.TOTAL_WINDOW,
        conventions.BAD_WINDOW,
    ):
        assert names.count(name) == len(PROMISES)
    assert names.count(conventions.BURN_RATE) == 2 * len(PROMISES)
    assert names.count("http_requests_total") == 2 * len(PROMISES)


def test_the_next_page_has_the_same_series_and_other_figures() -> None:
    first, second = read(0), read(1)
    assert first.keys() == second.keys()
    assert first != second


def test_events_are_whole_and_bad_ones_are_fewer_than_all() -> None:
    samples = {(name, dict(labels)["goslo"]): value for (name, labels), value in read(0).items() if "delta" in name}
    for made in PROMISES:
        bad = samples[conventions.BAD_DELTA, made.key.name]
        total = samples[conventions.TOTAL_DELTA, made.key.name]
        assert 0 < bad < total
        assert bad == int(bad)


def test_the_past_of_a_series_is_evenly_spaced_and_ends_before_now() -> None:
    now = 1_795_000_000.0
    *lines, end = history(PROMISES[:1], now)
    assert end == "# EOF\n"
    times: dict[str, list[float]] = {}
    for line in lines:
        series, _, at = line.rsplit(" ", 2)
        times.setdefault(series.partition("{")[0], []).append(float(at))
    for name, every, reach in (
        (conventions.TOTAL_DELTA, TILE_SECONDS, max(SUMMED).total_seconds()),
        (conventions.BAD_WINDOW, GRID_SECONDS, 6 * 3600),
    ):
        found = times[name]
        assert {later - earlier for earlier, later in pairwise(found)} == {every}
        assert now - every <= found[-1] < now
        assert found[0] <= now - reach
