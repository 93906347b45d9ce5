"""Worlds of forty minutes, of which most lies before the rules: whatever makes a past hard to count."""

from collections.abc import Mapping
from dataclasses import replace

from tests.replay.counting import OLD, long_running, young
from tests.replay.world import Pod, Process, Request, World, steady

OTHER = "checkout-5d9f8c7b6-b7c8d"
SHORT = [
    Pod(
        [young(start, start + 40, 2)],
        f"checkout-5d9f8c7b6-x2z{i}k",
        f"10.0.2.{i}:8080",
        known_from=start,
        known_until=start + 40,
        phase=i,
    )
    for i, start in ((2, 400), (4, 700), (5, 1010), (6, 1500))
]
WORLDS: Mapping[str, World] = {
    "steady traffic of a process that ran long before it was watched": World([Pod([long_running(2400)])], 2400),
    "pods that live for seconds": World([Pod([long_running(2400)]), *SHORT], 2400),
    "a rolling restart": World(
        [
            Pod([long_running(2400)], known_until=900),
            Pod([young(860, 2400)], OTHER, "10.0.0.2:8080", known_from=855, phase=4),
        ],
        2400,
    ),
    "a scale-down": World(
        [
            Pod([long_running(2400)]),
            *(
                Pod([young(-60, end)], f"checkout-5d9f8c7b6-b7c8{i}", f"10.0.1.{i}:8080", phase=i, known_until=end)
                for i, end in ((4, 1301), (5, 1309), (6, 1309), (7, 1333))
            ),
        ],
        2400,
    ),
    "a container that restarts twice": World([Pod([young(0, 607), young(609, 1500), young(1533, 2400)])], 2400),
    "the first failure, late": World(
        [Pod([Process(OLD, 10**6, [*steady(OLD, 2400, 0.5), Request(1433.3, "500")], contact=True)])], 2400
    ),
    "scrapes that fail for four minutes": World([Pod([young(0, 2400)], unreachable=[(600, 840)])], 2400),
    "an outage of everything for ten minutes": World(
        [
            Pod([young(0, 900)], known_until=900),
            Pod([young(1500, 2400)], OTHER, "10.0.0.2:8080", known_from=1495, phase=4),
        ],
        2400,
    ),
    "Prometheus starts in the middle": World(
        [
            Pod([Process(0, 10**6, steady(0, 2400, 0.5, 7), contact=True)]),
            Pod([young(890, 2400)], OTHER, "10.0.0.2:8080", known_from=880, phase=4),
        ],
        2400,
        watched_from=900,
    ),
    "targets that are given a new label": World(
        [Pod([long_running(2400)], known_until=1000), Pod([long_running(2400)], known_from=1000, more=',zone="a"')],
        2400,
    ),
    "a young target that is given a new label": World(
        [
            Pod([young(0, 2400)], known_until=1000),
            Pod([replace(young(0, 2400), contact=True)], known_from=1000, more=',zone="a"'),
        ],
        2400,
    ),
    "processes that do not tell their age": World(
        [
            Pod([long_running(2400)]),
            Pod([young(900, 2400, tells_its_age=False)], OTHER, "10.0.0.2:8080", known_from=890, phase=4),
        ],
        2400,
    ),
}
