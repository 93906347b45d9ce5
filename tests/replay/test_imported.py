"""An imported objective is the original one: the same target, window and series, and the same burn rate.

What is not carried over is named with the line that it stands on.
"""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.replay.counting import assert_replays
from tests.replay.evenly import EVERY, even_traffic, every_third_minute
from tests.replay.originals import (
    PYRRA_EXAMPLES,
    SLOTH_EXAMPLES,
    counted,
    counts,
    gauge,
    pyrra_groups,
    recorded,
    same,
    selected,
    shares,
    sloth_groups,
)
from tests.replay.promtool import Expectation, Promtool, Replay
from tests.replay.world import Series

from goserviceslo.api.duration import parse_duration
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.authoring.documents import Document, read
from goserviceslo.authoring.foreign import pyrra, sloth
from goserviceslo.authoring.foreign.importing import ImportOptions, import_all
from goserviceslo.authoring.foreign.promise import Promise
from goserviceslo.ports import Json
from goserviceslo.slo.burn import burn_policy
from goserviceslo.slo.discovery import MetricKind, MetricShape
from goserviceslo.slo.indicator import Indicator, Workload, resolve
from goserviceslo.slo.promql import Matcher, selector
from goserviceslo.slo.rules import RuleSettings, SloRef, render_groups

pytestmark = [pytest.mark.prometheus, pytest.mark.originals]

NO_EVENTS = {
    "home-wifi": "counts by sum_over_time(), not by rate() or increase()",
    "k8s-home-wifi": "counts by sum_over_time(), not by rate() or increase()",
    "raw-home-wifi": "counts by count_over_time(), not by rate() or increase()",
    "victoria-metrics": "vector(1)[{{.window}}] is no PromQL",
    "plugin-getting-started": "a plugin makes its queries",
    "plugin-k8s-getting-started": "a plugin makes its queries",
}
"""Examples of Sloth that count no events of counters, or leave their queries to a plugin, and what is said of it."""
CORRECTED = "contrib-denominator-corrected"
"""An example of Sloth that divides by other counts than it says, by a plugin."""
NATIVE = frozenset({"pyrra-connect-latency"})
"""Examples of native histograms."""
GAUGES = frozenset({"prometheus-probe-success"})
"""Examples of gauges that are 1 or 0."""
END = 4200
SLOTHS_SHARE = "slo:sli_error:ratio_rate(5m|30m|1h)"
PYRRAS_SHARE = ".*:burnrate(.*)"
SHARE = "sum(sum_over_time(goslo:bad:delta{%s}[%s])) / sum(sum_over_time(goslo:total:delta{%s}[%s]))"
SAME = "abs(avg(%s) / avg(%s) - 1) < bool 0.01"
"""1 where two shares of bad events differ by less than a hundredth, 0 where one of them is 0."""


def documents(file: Path) -> list[Document]:
    return [one for one in read(file.name, file.read_text()) if isinstance(one, Document)]


def promises_of_sloth(file: Path) -> list[Promise]:
    return [promise for one in documents(file) for promise in sloth.read(one, "30d").promises]


@pytest.mark.parametrize("file", [f for f in SLOTH_EXAMPLES if f.stem not in NO_EVENTS], ids=lambda file: file.stem)
def test_an_example_of_sloth_keeps_its_target_and_its_series(file: Path, tmp_path: Path) -> None:
    promises, groups = promises_of_sloth(file), sloth_groups(file, tmp_path)
    theirs = [selected(expression) for expression in recorded(groups, "slo:sli_error:ratio_rate5m")]
    targets = [
        float(expression.removeprefix("vector(").removesuffix(")"))
        for expression in recorded(groups, "slo:objective:ratio")
    ]
    assert len(promises) == len(theirs) == len(targets) > 0
    for promise, series, target in zip(promises, theirs, targets, strict=True):
        assert same(counted(promise.objective), series)
        assert promise.objective["target"] == pytest.approx(100 * target, rel=1e-9)


@pytest.mark.parametrize("file", [f for f in SLOTH_EXAMPLES if f.stem in NO_EVENTS], ids=lambda file: file.stem)
def test_of_an_example_of_sloth_that_counts_no_events_the_line_is_named(file: Path) -> None:
    lines = file.read_text().splitlines()
    its_queries = [at for at, line in enumerate(lines, 1) if line.strip() in ("events:", "raw:", "plugin:")]
    found = import_all(read(file.name, file.read_text()), ImportOptions())
    named = [remark for remark in found.remarks if "the whole objective" in remark.text]
    assert found.resources == ()
    assert [remark.place.line for remark in named] == its_queries
    assert all(remark.lost and NO_EVENTS[file.stem] in remark.text for remark in named)


def test_a_plugin_of_sloth_that_changes_its_burn_rates_is_named() -> None:
    (file,) = (one for one in SLOTH_EXAMPLES if one.stem == CORRECTED)
    (line,) = (at for at, text in enumerate(file.read_text().splitlines(), 1) if text.strip() == "sloPlugins:")
    found = import_all(read(file.name, file.read_text()), ImportOptions())
    assert [one.place.line for one in found.remarks if one.lost and "plugins change" in one.text] == [line]


@pytest.mark.parametrize("file", PYRRA_EXAMPLES, ids=lambda file: file.stem)
def test_an_example_of_pyrra_keeps_its_target_its_window_and_its_series(file: Path, tmp_path: Path) -> None:
    theirs = [selected(expression) for expression in recorded(pyrra_groups(file, tmp_path), PYRRAS_SHARE)]
    originals = documents(file)
    # A file of several documents is more than Pyrra's generator reads: it takes the first.
    for original, series in zip(originals, theirs, strict=False):
        (promise,) = pyrra.read(original).promises
        assert same(counted(promise.objective, native=file.stem in NATIVE), series)
        assert promise.objective["target"] == original.value["spec"]["target"]
        assert promise.objective["window"] == original.value["spec"]["window"]
    assert theirs


def rules(promise: Promise, namespace: str, name: str, shapes: tuple[MetricShape, ...]) -> tuple[Objective, list[Json]]:
    """The objective under another name, and the rules of it alone."""
    objective = Objective.model_validate(promise.objective | {"name": name})
    indicator = resolve(objective, Workload(namespace, "checkout"), shapes or None, None)
    assert isinstance(indicator, Indicator), indicator
    groups = render_groups(SloRef(namespace, name), [(objective, indicator)], RuleSettings())
    return objective, list(groups)


def shape(promise: Promise) -> MetricShape:
    return MetricShape(promise.objective["http"]["metric"], MetricKind.NATIVE_HISTOGRAM, frozenset())


def own_share(name: str, window: str) -> str:
    matchers = f'objective="{name}"'
    return SHARE % (matchers, window, matchers, window)


def burnt(objective: Objective, window: str) -> str:
    """The recorded burn rate, as a share of bad events."""
    budget = float(burn_policy(objective).budget)
    return f'goslo:burn_rate:ratio{{objective="{objective.name}",window="{window}"}} * {budget:.12g}'


def assert_same_burn_rates(
    promtool: Promtool, promises: list[Promise], theirs: list[Json], shares_of_theirs: list[dict[str, str]], stem: str
) -> None:
    """Of objectives in order, over each window of theirs for which there is history, and over the last hour."""
    series: Series = {}
    ours: list[Json] = []
    expected: list[Expectation] = []
    for number, (promise, by_window) in enumerate(zip(promises, shares_of_theirs, strict=True)):
        namespace = promise.namespace or "shop"
        native, minutes = stem in NATIVE, stem in GAUGES
        objective, groups = rules(promise, namespace, f"it-{number}", (shape(promise),) if native else ())
        ours += groups
        if minutes:
            series |= every_third_minute(gauge(promise.objective), namespace, END)
        else:
            series |= even_traffic(counts(promise.objective, native=native), namespace, END)
        known = {
            window: theirs
            for window, theirs in by_window.items()
            if (seconds := parse_duration(window).total_seconds()) < END and not (minutes and seconds % 180)
        }
        assert known
        expected += [
            Expectation(SAME % (own_share(objective.name, w), one), END, {"{}": 1}) for w, one in known.items()
        ]
        expected += [Expectation(SAME % (burnt(objective, "1h"), [*known.values()][-1]), END, {"{}": 1})]
    assert_replays(promtool, Replay(series, [*ours, *theirs], expected, step=EVERY))


@pytest.mark.parametrize(
    "file", [f for f in SLOTH_EXAMPLES if f.stem not in {*NO_EVENTS, CORRECTED}], ids=lambda file: file.stem
)
def test_the_burn_rate_of_an_example_of_sloth_is_the_same(file: Path, promtool: Promtool, tmp_path: Path) -> None:
    theirs = sloth_groups(file, tmp_path)
    assert_same_burn_rates(promtool, promises_of_sloth(file), theirs, shares(theirs, SLOTHS_SHARE), file.stem)


@pytest.mark.parametrize("file", PYRRA_EXAMPLES, ids=lambda file: file.stem)
def test_the_burn_rate_of_an_example_of_pyrra_is_the_same(file: Path, promtool: Promtool, tmp_path: Path) -> None:
    theirs = pyrra_groups(file, tmp_path)
    found = shares(theirs, PYRRAS_SHARE)
    promises = [promise for one in documents(file)[: len(found)] for promise in pyrra.read(one).promises]
    assert_same_burn_rates(promtool, promises, theirs, found, file.stem)


LABELS = st.dictionaries(
    st.sampled_from(["job", "pod", "service", "region"]), st.text('ab."\\|', min_size=1, max_size=5), max_size=3
)
TELLING = st.tuples(
    st.sampled_from(["code", "status"]),
    st.sampled_from(["=~", "!~"]),
    st.sampled_from(["5..", "5..|429", "(4..|5..)", "50[0-4]"]),
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(LABELS, TELLING, st.booleans(), st.sampled_from(["99", "99.9", "99.99"]))
def test_what_is_imported_equals_its_original(
    promtool: Promtool,
    tmp_path_factory: pytest.TempPathFactory,
    labels: dict[str, str],
    telling: tuple[str, str, str],
    by_good: bool,
    target: str,
) -> None:
    of_all = [Matcher(name, "=", value) for name, value in labels.items()]
    total = f"sum(rate({selector('asked_total', of_all)}[{{{{.window}}}}]))"
    told = f"sum(rate({selector('asked_total', [*of_all, Matcher(*telling)])}[{{{{.window}}}}]))"
    events = {"error_query": f"{total} - {told}" if by_good else told, "total_query": total}
    slo = {"name": "it", "objective": float(target), "sli": {"events": events}}
    slo |= {"alerting": {"page_alert": {"disable": True}, "ticket_alert": {"disable": True}}}
    directory = tmp_path_factory.mktemp("original")
    file = directory / "original.yaml"
    file.write_text(yaml.safe_dump({"version": "prometheus/v1", "service": "shop", "slos": [slo]}))
    theirs = sloth_groups(file, directory)
    assert_same_burn_rates(promtool, promises_of_sloth(file), theirs, shares(theirs, SLOTHS_SHARE), file.stem)
