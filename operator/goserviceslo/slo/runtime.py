"""What Go processes say of their own runtime settings, by workload and generation of pods.

The names are client_golang's for `/gc/gogc:percent`, `/gc/gomemlimit:bytes` and `/sched/gomaxprocs:threads` of
runtime/metrics; its Go collector shows them by default since v1.20.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf, isnan

from goserviceslo.api.observed import RuntimeSample
from goserviceslo.ports import Answer, Sample, Vector
from goserviceslo.slo.workload import GENERATION, WORKLOAD_LABEL, Workload, by_workload, generation_of, workload_of

_SETTINGS = {
    "gogc": "go_gc_gogc_percent",
    "memoryLimit": "go_gc_gomemlimit_bytes",
    "maxProcs": "go_sched_gomaxprocs_threads",
}
_STARTED, _START_TIME = "started", "process_start_time_seconds"
_UNLIMITED = 2.0**63
"""GOGC=off shows as the largest uint64, no memory limit as the largest int64; a float holds neither exactly."""
_SETTING, _KIND = "goslo_setting", "goslo_kind"
_LARGEST, _SMALLEST, _PODS = "max", "min", "pods"
_BY = f"namespace, container, {WORKLOAD_LABEL}, {GENERATION}"


def runtime_queries() -> tuple[str, ...]:
    """One question for each setting: its largest value, its smallest where pods differ, and how many pods there are.

    And one for the age of each generation: when the first of its processes that still run was started.
    """
    started = f'label_replace(min by ({_BY}) ({by_workload(_START_TIME)}), "{_SETTING}", "{_STARTED}", "", "")'
    return (*(_query(setting, metric) for setting, metric in _SETTINGS.items()), started)


def _query(setting: str, metric: str) -> str:
    pods = by_workload(metric)
    largest, smallest = f"max by ({_BY}) ({pods})", f"min by ({_BY}) ({pods})"
    parts = {_LARGEST: largest, _SMALLEST: f"{smallest} != {largest}", _PODS: f"count by ({_BY}) ({pods})"}
    either = " or ".join(f'label_replace({part}, "{_KIND}", "{kind}", "", "")' for kind, part in parts.items())
    return f'label_replace({either}, "{_SETTING}", "{setting}", "", "")'


@dataclass(slots=True)
class _Generation:
    values: dict[str, dict[str, float]] = field(default_factory=dict)
    started: float = inf
    """Seconds since 1970; infinite where no process tells, as in a pod that has only just come."""

    def sample(self, name: str) -> RuntimeSample:
        mixed = tuple(setting for setting, values in self.values.items() if _SMALLEST in values)
        value = {
            setting: inf if values[_LARGEST] >= _UNLIMITED else values[_LARGEST]
            for setting, values in self.values.items()
            if _LARGEST in values and setting not in mixed
        }
        procs = value.get("maxProcs")
        return RuntimeSample(
            pod_template_hash=name,
            pods=int(max((values.get(_PODS, 0) for values in self.values.values()), default=0)),
            gogc_percent=value.get("gogc"),
            memory_limit_bytes=value.get("memoryLimit"),
            max_procs=None if procs is None or procs == inf else int(procs),
            mixed=mixed,
        )


def assemble_runtime(
    answers: Iterable[Answer],
    workloads: Iterable[Workload] = (),
    containers: Mapping[tuple[str, str], str] | None = None,
) -> dict[tuple[str, str], tuple[RuntimeSample, ...]]:
    """The generations of each workload, the newest first, by namespace and Deployment.

    `workloads` help where names are too long for their pods' names. `containers` names the container that matters where
    a pod has several; a workload without an entry is taken whole.
    """
    long = tuple(workload for workload in workloads if workload.may_be_cut)
    found: dict[tuple[str, str], dict[str, _Generation]] = {}
    for answer in answers:
        for sample in answer.samples if isinstance(answer, Vector) else ():
            workload = workload_of(sample.labels, long)
            if workload is not None and _matters(sample, (containers or {}).get(workload)):
                generation = found.setdefault(workload, {}).setdefault(
                    generation_of(sample.labels, workload), _Generation()
                )
                setting = sample.labels.get(_SETTING, "")
                if setting == _STARTED:
                    generation.started = min(generation.started, sample.value)
                else:
                    generation.values.setdefault(setting, {})[sample.labels.get(_KIND, "")] = sample.value
    told = {workload: _newest_first(generations) for workload, generations in found.items()}
    return {workload: generations for workload, generations in told.items() if generations}


def _newest_first(generations: Mapping[str, _Generation]) -> tuple[RuntimeSample, ...]:
    """Of those that tell any of their settings."""
    telling = [(name, one) for name, one in generations.items() if one.values]
    return tuple(one.sample(name) for name, one in sorted(telling, key=lambda pair: (-pair[1].started, pair[0])))


def _matters(sample: Sample, container: str | None) -> bool:
    if isnan(sample.value):
        return False
    return container is None or sample.labels.get("container", container) == container
