"""A source that is dead is asked seldom, and one trial is enough to trust it again."""

from goserviceslo.adapters.breaker import BreakerSettings, CircuitBreaker

SETTINGS = BreakerSettings(failures=3, first_pause_seconds=5, longest_pause_seconds=20)


class Scene:
    def __init__(self) -> None:
        self.now = 0.0
        self.breaker = CircuitBreaker(lambda: self.now, SETTINGS)

    def fail(self, times: int) -> None:
        for _ in range(times):
            assert self.breaker.admits()
            self.breaker.failed()


def test_a_few_failures_are_borne_and_a_success_forgets_them() -> None:
    scene = Scene()
    scene.fail(2)
    scene.breaker.succeeded()
    scene.fail(2)
    assert scene.breaker.admits()


def test_failures_in_a_row_open_the_circuit_for_a_while() -> None:
    scene = Scene()
    scene.fail(3)
    assert not scene.breaker.admits()
    scene.now = 4.9
    assert not scene.breaker.admits()
    scene.now = 5
    assert scene.breaker.admits()


def test_one_trial_at_a_time_decides() -> None:
    scene = Scene()
    scene.fail(3)
    scene.now = 5
    assert scene.breaker.admits()
    assert not scene.breaker.admits(), "the trial is still out"
    scene.breaker.succeeded()
    assert scene.breaker.admits()


def test_each_failed_trial_doubles_the_pause_up_to_the_longest() -> None:
    scene = Scene()
    scene.fail(3)
    pauses = []
    for _ in range(5):
        start = scene.now
        while not scene.breaker.admits():
            scene.now += 1
        pauses.append(scene.now - start)
        scene.breaker.failed()
    assert pauses == [5, 10, 20, 20, 20]
    while not scene.breaker.admits():
        scene.now += 1
    scene.breaker.succeeded()
    scene.fail(3)
    start = scene.now
    while not scene.breaker.admits():
        scene.now += 1
    assert scene.now - start == 5, "a success begins anew"


def test_calls_that_were_under_way_when_it_opened_do_not_prolong_it() -> None:
    scene = Scene()
    scene.fail(3)
    scene.now = 4
    scene.breaker.failed()
    scene.now = 5
    assert scene.breaker.admits()
