"""The sampler: few questions, and a worker only where an answer matters."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from tests.table import cases
from tests.unit.engine.given import CHECKOUT, resource
from tests.unit.engine.scripted_metrics import DOWN, ScriptedMetrics, vector
from tests.unit.engine.virtual_time import START, VirtualClock, run

from goserviceslo.api.observed import DeploymentView
from goserviceslo.engine.evidence import Evidence
from goserviceslo.engine.noteworthy import Looks
from goserviceslo.engine.sampler import Sampler
from goserviceslo.engine.subjects import Subject, Subjects
from goserviceslo.ports import Answer, Json, Key, NoData, Partial, Trouble, Unavailable, Vector
from goserviceslo.reconcile.model import Observed, Plan, RuleSink, RulesView
from goserviceslo.slo.measurement import Measurement, Outage
from goserviceslo.slo.rules import RuleSettings

INTERVAL = 60.0


def measurement(bad: float | None = 5, total: float | None = 100_000, **more: Any) -> Measurement:
    return Measurement(at=START, bad=bad, total=total, counted_at=START, **more)


def looks_at(before: Measurement | None, after: Measurement | None, seconds: float = 1.0) -> bool:
    """Whether a worker that saw `before` is woken for `after`; the promise is 99.9 over 30d."""
    looks = Looks(lambda: 0.5)
    looks.looked(CHECKOUT, Subject(resource()), {} if before is None else {"availability": before}, at=0.0)
    fresh = {} if after is None else {CHECKOUT: {"availability": after}}
    return looks.news(fresh, seconds, INTERVAL) == [CHECKOUT]


DOWN_BEFORE = {"30d": Outage(timedelta(minutes=42))}


def rates(rate: float) -> dict[str, float]:
    return dict.fromkeys(("5m", "30m", "1h", "6h"), rate)


@cases(
    "before, after, noteworthy",
    {
        "nothing and nothing": (None, None, False),
        "the first figures": (None, measurement(), True),
        "figures that are gone": (measurement(), None, True),
        "the same again": (measurement(), measurement(), False),
        "a little more traffic": (measurement(), measurement(total=100_500), False),
        "a notable part of the budget": (measurement(), measurement(bad=7), True),
        "a spent budget": (measurement(bad=99), measurement(bad=101), True),
        "too few events now": (measurement(0, 2000), measurement(0, 900), True),
        "counting that stopped": (measurement(), Measurement(at=START, bad=5, total=100_000), True),
        "a workload that goes down": (measurement(), measurement(down=True), True),
        "one that was never counted and goes down": (measurement(None, None), measurement(None, None, down=True), True),
        "a downtime that the budget allows": (measurement(), measurement(outages=DOWN_BEFORE), False),
        "one that it does not allow": (
            measurement(outages=DOWN_BEFORE),
            measurement(outages={"30d": Outage(timedelta(minutes=44))}),
            True,
        ),
        "sums that are missing": (measurement(), measurement(None, None), True),
        "a burn rate that crosses its factor": (
            measurement(burn_rates=rates(14.0)),
            measurement(burn_rates=rates(15.0)),
            True,
        ),
        "a burn rate that moves below it": (
            measurement(burn_rates=rates(1.0)),
            measurement(burn_rates=rates(2.0)),
            False,
        ),
        "a burn rate that falls well below its factor": (
            measurement(burn_rates=rates(14.0)),
            measurement(burn_rates=rates(12.0)),
            True,
        ),
        "an alert that fires": (measurement(), measurement(alerts=frozenset({"ticket"})), True),
    },
)
def test_what_a_worker_is_woken_for(before: Measurement | None, after: Measurement | None, noteworthy: bool) -> None:
    assert looks_at(before, after) is noteworthy


def test_counts_that_only_grew_are_looked_at_when_those_written_are_old() -> None:
    grown = measurement(total=100_500)
    assert not looks_at(measurement(), grown, seconds=INTERVAL - 1)
    assert looks_at(measurement(), grown, seconds=INTERVAL * 1.2)
    assert not looks_at(measurement(), measurement(), seconds=INTERVAL * 100)


def test_a_resource_that_cannot_be_read_is_never_news() -> None:
    looks = Looks(lambda: 0.5)
    broken = resource()
    broken["spec"]["objectives"] = [{"name": "x"}]
    looks.looked(CHECKOUT, Subject(broken), {}, at=0.0)
    assert looks.news({CHECKOUT: {"x": measurement()}}, 1000.0, INTERVAL) == []


# --- the sampler as a whole ------------------------------------------------------------------------------------------


IDENTITY = {"namespace": "shop", "goslo": "checkout", "objective": "availability"}


def recorded(total: float = 100_000, bad: float = 5) -> Callable[[str], Answer]:
    """A Prometheus with the recorded series of one objective."""

    def answer(promql: str) -> Answer:
        if "goslo:total:window" in promql:
            return vector((IDENTITY, total))
        if "goslo:bad:window" in promql:
            return vector((IDENTITY, bad))
        if "timestamp(" in promql:
            return vector((IDENTITY, START.timestamp()))
        return NoData()

    return answer


class Scene:
    def __init__(self, *, wants_shapes: bool = False) -> None:
        self.metrics = ScriptedMetrics()
        self.clock = VirtualClock()
        self.evidence = Evidence(configured=True)
        self.wakes: list[tuple[float, Key]] = []
        self.rounds: list[float] = []
        self.wants_shapes = wants_shapes
        self.status: Json | None = None
        self.deployment: DeploymentView | None = None
        self.sampler = Sampler(
            self.metrics,
            self.clock,
            lambda: 0.5,
            evidence=self.evidence,
            settings=RuleSettings(),
            interval=timedelta(seconds=15),
            wake=self._wake,
            measured=self.rounds.append,
        )
        self.start = self.clock.monotonic()

    def _wake(self, key: Key) -> None:
        """A worker looks at once."""
        self.wakes.append((self.clock.monotonic() - self.start, key))
        self.finish(key)

    def finish(self, key: Key = CHECKOUT, raw: Json | None = None) -> None:
        observed = Observed(
            resource=raw or resource(key.name, namespace=key.namespace),
            deployment=self.deployment,
            rules=RulesView(RuleSink.PROMETHEUS_RULE, "", None),
            source=self.evidence.health,
            shapes=self.evidence.shapes.get(key),
            measurements=self.evidence.measurements.get(key, {}),
        )
        self.sampler.finished(key, observed, Plan(status=self.status, wants_shapes=self.wants_shapes))

    async def live(self, seconds: float) -> None:
        task = asyncio.create_task(self.sampler.run())
        await asyncio.sleep(seconds)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_without_resources_nothing_is_asked() -> None:
    async def story() -> list[str]:
        scene = Scene()
        await scene.live(300)
        return scene.metrics.asked

    assert run(story()) == []


def test_a_quiet_fleet_wakes_nobody_however_often_it_is_measured() -> None:
    async def story() -> Scene:
        scene = Scene()
        scene.metrics.answer = recorded()
        scene.finish()
        await scene.live(600)
        return scene

    scene = run(story())
    assert len(scene.wakes) <= 2, "once for the source that answers, once for the first figures"
    assert 30 <= len(scene.rounds) <= 45


def test_a_fleet_of_any_size_is_measured_before_its_figures_count_as_old() -> None:
    async def story() -> list[float]:
        scene = Scene()
        many = [{"name": f"o{number}", "target": 99, "window": "1h", "http": {}} for number in range(16)]
        raw = resource() | {"spec": {"target": {"name": "checkout"}, "objectives": many}}
        for number in range(5000):
            scene.finish(Key("shop", f"s{number}"), raw)
        await scene.live(1300)
        return scene.rounds

    assert len(run(story())) >= 10


def test_figures_are_as_old_as_the_oldest_that_is_written_however_often_a_worker_looked() -> None:
    async def story() -> list[float]:
        scene = Scene()
        total = 100_000

        def growing(promql: str) -> Answer:
            nonlocal total
            total += 1
            return recorded(total)(promql)

        scene.metrics.answer = growing
        measured_at = scene.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        scene.status = {"objectives": [{"measuredAt": measured_at}, {"state": "NoData"}]}
        scene.finish()
        task = asyncio.create_task(scene.sampler.run())
        for _ in range(5):
            await asyncio.sleep(10)
            scene.finish()
        scene.wakes.clear()
        await asyncio.sleep(50)
        task.cancel()
        return [at for at, _ in scene.wakes]

    first, *_ = run(story())
    assert 60 <= first <= 60 * 1.1 + 16


def test_a_change_is_seen_in_the_next_round() -> None:
    async def story() -> list[float]:
        scene = Scene()
        scene.metrics.answer = recorded()
        scene.finish()
        await scene.live(100)
        scene.wakes.clear()
        scene.start = scene.clock.monotonic()
        scene.metrics.answer = recorded(bad=500)
        await scene.live(40)
        return [at for at, _ in scene.wakes]

    (at,) = run(story())
    assert at <= 17


def test_what_was_measured_can_be_read_by_resource_and_objective() -> None:
    async def story() -> Scene:
        scene = Scene()
        scene.metrics.answer = recorded()
        scene.finish()
        await scene.live(20)
        return scene

    got = run(story()).evidence.measurements[CHECKOUT]["availability"]
    assert (got.total, got.bad) == (100_000, 5)


def test_short_burn_rates_are_what_was_bad_held_against_what_the_objective_allows() -> None:
    def answer(promql: str) -> Answer:
        if "goslo:bad:delta[" in promql and "goslo:total:delta[" in promql:
            return vector((IDENTITY, 0.03), ({**IDENTITY, "objective": "removed"}, 0.5))
        return recorded()(promql)

    async def story() -> Scene:
        scene = Scene()
        scene.metrics.answer = answer
        scene.finish()
        await scene.live(20)
        return scene

    scene = run(story())
    (target,) = [Fraction(str(one["target"])) for one in resource()["spec"]["objectives"]]
    burn = pytest.approx(0.03 / float(1 - target / 100))
    measured = scene.evidence.measurements[CHECKOUT]
    assert {name: one.burn_rates for name, one in measured.items()} == {"availability": {"5m": burn, "30m": burn}}


@cases(
    "failure",
    {
        "a source that is not there": DOWN,
        "an incomplete answer": Partial([], ("store gone",)),
    },
)
def test_a_source_that_fails_for_long_is_told_to_everyone_once_and_so_is_its_return(failure: Answer) -> None:
    async def story() -> None:
        scene = Scene()
        scene.metrics.answer = recorded()
        scene.finish()
        await scene.live(60)
        scene.wakes.clear()
        scene.metrics.answer = lambda promql: failure
        await scene.live(20)
        assert scene.wakes == [], "one lost answer must not rewrite a fleet"
        assert scene.evidence.health.trouble is None
        await scene.live(300)
        assert len(scene.wakes) == 1
        assert scene.evidence.health.trouble in (Trouble.UNREACHABLE, Trouble.BROKEN_ANSWER)
        assert scene.evidence.measurements[CHECKOUT], "the figures of the last whole round stay"
        scene.wakes.clear()
        scene.metrics.answer = recorded()
        await scene.live(20)
        assert len(scene.wakes) == 1
        assert scene.evidence.health.trouble is None

    run(story())


def test_a_source_that_never_answered_is_told_at_once() -> None:
    async def story() -> Scene:
        scene = Scene()
        scene.metrics.answer = lambda promql: DOWN
        scene.finish()
        await scene.live(1)
        return scene

    scene = run(story())
    assert scene.evidence.health.trouble is Trouble.UNREACHABLE
    assert len(scene.wakes) == 1


def test_before_anything_is_decided_the_source_is_asked_once_so_that_a_restart_writes_nothing() -> None:
    async def story() -> None:
        scene = Scene()
        scene.metrics.answer = recorded()
        await scene.sampler.prime([(CHECKOUT, resource())])
        assert scene.evidence.health.asked
        assert scene.evidence.measurements[CHECKOUT]["availability"].total == 100_000

    run(story())


def test_a_source_that_hangs_does_not_hold_up_the_start() -> None:
    async def story() -> float:
        scene = Scene()

        async def hang(promql: str, at: Any = None) -> Answer:
            await asyncio.sleep(1000)
            return NoData()

        scene.metrics.query = hang  # type: ignore[method-assign]
        await scene.sampler.prime([(CHECKOUT, resource())])
        return scene.clock.monotonic() - scene.start

    assert run(story()) < 2


def test_an_error_in_one_round_is_logged_and_the_next_round_comes(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> Scene:
        scene = Scene()

        def fail(promql: str) -> Answer:
            raise ZeroDivisionError("boom")

        scene.metrics.answer = fail
        scene.finish()
        await scene.live(20)
        scene.metrics.answer = recorded()
        await scene.live(20)
        return scene

    assert CHECKOUT in run(story()).evidence.measurements
    assert "ZeroDivisionError" in caplog.text


def exposing(*workloads: str) -> Callable[[str], Answer]:
    """Pods of these workloads expose `http_requests_total{code}`."""
    series = [
        ({"__name__": "http_requests_total", "namespace": "shop", "goslo_workload": name, "code": "y"}, 1.0)
        for name in workloads
    ]

    def answer(promql: str) -> Answer:
        if "http_requests_total" in promql and "histogram_count" not in promql and "_bucket" not in promql:
            return vector(*series) if series else NoData()
        return NoData()

    return answer


def test_metrics_that_a_new_resource_needs_are_looked_for_within_seconds() -> None:
    async def story() -> None:
        scene = Scene(wants_shapes=True)
        scene.metrics.answer = exposing("checkout")
        task = asyncio.create_task(scene.sampler.run())
        await asyncio.sleep(100)
        scene.wakes.clear()
        scene.start = scene.clock.monotonic()
        scene.finish()
        await asyncio.sleep(3)
        assert [shape.name for shape in scene.evidence.shapes[CHECKOUT]] == ["http_requests_total"]
        assert CHECKOUT in [key for _, key in scene.wakes]
        task.cancel()

    run(story())


def test_metrics_that_are_not_there_are_looked_for_ever_less_often_and_found_when_they_come() -> None:
    async def story() -> None:
        scene = Scene(wants_shapes=True)
        scene.metrics.answer = exposing()
        scene.finish()
        await scene.live(10)
        assert scene.evidence.shapes[CHECKOUT] == ()
        before = len(scene.metrics.asked)
        await scene.live(3600)
        discoveries = sum("http_requests_total" in one and "_bucket" not in one for one in scene.metrics.asked[before:])
        assert 10 <= discoveries <= 30
        scene.metrics.answer = exposing("checkout")
        await scene.live(400)
        assert scene.evidence.shapes[CHECKOUT]

    run(story())


def test_a_target_whose_metrics_are_known_is_not_looked_at_each_time_its_pods_come_back() -> None:
    async def story() -> None:
        scene = Scene(wants_shapes=True)
        scene.metrics.answer = exposing("checkout")
        scene.finish()
        task = asyncio.create_task(scene.sampler.run())
        await asyncio.sleep(30)
        scene.metrics.asked.clear()
        for ready in (0, 1, 0, 1):
            scene.deployment = DeploymentView("checkout", "u", 1, 1, (), 1, ready, 1, ready, paused=False)
            scene.finish()
            await asyncio.sleep(10)
        assert not any("http_requests_total" in one for one in scene.metrics.asked)
        task.cancel()

    run(story())


@pytest.mark.parametrize("ready", [0, 1])
def test_metrics_of_a_target_are_looked_for_anew_when_its_first_pods_are_ready(ready: int) -> None:
    async def story() -> bool:
        scene = Scene(wants_shapes=True)
        scene.metrics.answer = exposing()
        scene.finish()
        task = asyncio.create_task(scene.sampler.run())
        await asyncio.sleep(3600)
        scene.deployment = DeploymentView("checkout", "u", 1, 1, (), 1, ready, 1, ready, paused=False)
        scene.finish()
        await asyncio.sleep(10)
        # Scraped for the first time, seconds after it was ready.
        scene.metrics.answer = exposing("checkout")
        await asyncio.sleep(20)
        found = bool(scene.evidence.shapes[CHECKOUT])
        task.cancel()
        return found

    assert run(story()) is bool(ready)


def test_a_source_that_does_not_answer_makes_no_metric_missing() -> None:
    async def story() -> None:
        scene = Scene(wants_shapes=True)
        scene.metrics.answer = lambda promql: DOWN
        scene.finish()
        await scene.live(60)
        assert CHECKOUT not in scene.evidence.shapes

    run(story())


def test_a_source_that_knows_no_native_histograms_shows_the_metrics_that_it_has() -> None:
    not_understood = Unavailable(Trouble.BAD_QUERY, "Prometheus does not take the query: unknown func")

    async def story() -> None:
        scene = Scene(wants_shapes=True)
        shown = exposing("checkout")
        scene.metrics.answer = lambda promql: not_understood if "histogram_count" in promql else shown(promql)
        scene.finish()
        await scene.live(10)
        assert [shape.name for shape in scene.evidence.shapes[CHECKOUT]] == ["http_requests_total"]

    run(story())


def test_a_source_that_does_not_understand_the_other_questions_makes_no_metric_missing() -> None:
    async def story() -> None:
        scene = Scene(wants_shapes=True)
        scene.metrics.answer = lambda promql: Unavailable(Trouble.BAD_QUERY, "no")
        scene.finish()
        await scene.live(60)
        assert CHECKOUT not in scene.evidence.shapes

    run(story())


def test_what_nobody_wants_any_more_is_not_looked_for() -> None:
    async def story() -> None:
        scene = Scene(wants_shapes=True)
        scene.metrics.answer = exposing("checkout")
        scene.finish()
        await scene.live(10)
        scene.sampler.forget(CHECKOUT)
        assert CHECKOUT not in scene.evidence.shapes
        scene.metrics.asked.clear()
        await scene.live(3600)
        assert scene.metrics.asked == []

    run(story())


async def with_rules_refused_and_silent_since() -> Scene:
    scene = Scene()
    scene.metrics.answer = recorded()
    scene.metrics.health = {"goslo/shop/checkout/availability/tiles": "many-to-many"}
    scene.finish()
    await scene.live(5)
    scene.metrics.health = None
    scene.wakes.clear()
    return scene


def test_rules_that_prometheus_cannot_evaluate_are_told_to_their_resource() -> None:
    async def story() -> None:
        scene = Scene()
        scene.metrics.answer = recorded()
        scene.metrics.health = {"goslo/shop/checkout/availability/tiles": "many-to-many", "other/group": "x"}
        scene.finish()
        await scene.live(5)
        assert scene.evidence.rejected == {CHECKOUT: "many-to-many"}
        scene.metrics.health = {}
        await scene.live(400)
        assert scene.evidence.rejected == {}

    run(story())


def test_a_source_that_does_not_answer_takes_back_nothing_that_it_has_said_of_rules() -> None:
    async def story() -> None:
        scene = await with_rules_refused_and_silent_since()
        await scene.live(900)
        assert scene.evidence.rejected == {CHECKOUT: "many-to-many"}
        assert scene.wakes == []

    run(story())


def test_what_was_said_of_rules_is_forgotten_when_the_spec_changes() -> None:
    async def story() -> None:
        scene = await with_rules_refused_and_silent_since()
        raw = resource()
        raw["metadata"]["generation"] += 1
        scene.finish(raw=raw)
        assert scene.evidence.rejected == {}
        assert [key for _, key in scene.wakes] == [CHECKOUT]

    run(story())


def test_who_begins_to_lead_knows_from_the_status_which_rules_were_refused() -> None:
    async def story() -> None:
        scene = Scene()
        message = "Prometheus does not take the rules: no"
        refused = {"type": "Ready", "reason": "RulesRejected", "message": message}
        refused["observedGeneration"] = resource()["metadata"]["generation"]
        scene.metrics.health = None
        await scene.sampler.prime([(CHECKOUT, resource() | {"status": {"conditions": [refused]}})])
        assert scene.evidence.rejected == {CHECKOUT: "no"}
        scene.metrics.health = {}
        await scene.live(5)
        assert scene.evidence.rejected == {}
        assert CHECKOUT in [key for _, key in scene.wakes]

    run(story())


def test_the_age_of_the_oldest_measurement_grows_while_nothing_is_measured() -> None:
    async def story() -> None:
        scene = Scene()
        scene.metrics.answer = recorded()
        scene.finish()
        await scene.live(16)
        assert scene.sampler.age_seconds() <= 16
        scene.metrics.answer = lambda promql: DOWN
        await scene.live(500)
        assert scene.sampler.age_seconds() >= 500

    run(story())


def test_the_processes_own_settings_are_read_and_a_change_wakes_the_resource() -> None:
    def gogc(value: float) -> Callable[[str], Answer]:
        def answer(promql: str) -> Answer:
            if "go_gc_gogc_percent" not in promql:
                return NoData()
            labels = {
                "namespace": "shop",
                "goslo_workload": "checkout",
                "goslo_generation": "bbbbb",
                "goslo_setting": "gogc",
            }
            return Vector(
                vector(({**labels, "goslo_kind": "max"}, value), ({**labels, "goslo_kind": "pods"}, 2)).samples
            )

        return answer

    async def story() -> None:
        scene = Scene()
        scene.metrics.answer = gogc(100)
        scene.finish()
        await scene.live(40)
        assert [sample.gogc_percent for sample in scene.evidence.runtime[CHECKOUT]] == [100]
        scene.wakes.clear()
        scene.metrics.answer = gogc(200)
        await scene.live(40)
        assert [sample.gogc_percent for sample in scene.evidence.runtime[CHECKOUT]] == [200]
        assert [key for _, key in scene.wakes] == [CHECKOUT]

    run(story())


def test_outages_are_asked_for_over_every_rolling_window_once() -> None:
    subjects = Subjects()
    windows = ("30d", "7d", "30d", "Month")
    for number, window in enumerate(windows):
        slo = resource(f"slo{number}")
        slo["spec"]["objectives"][0]["window"] = window
        subjects.learn(Key("shop", f"slo{number}"), slo)
    assert subjects.rolling_windows() == {timedelta(days=30), timedelta(days=7)}
