"""Whether processes really run with what they were given, read from the runtime's own metrics.

A program that calls debug.SetGCPercent, debug.SetMemoryLimit or runtime.GOMAXPROCS overrules its environment; it is
then the program that must change, and a tuner must keep its hands off.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from goserviceslo.api.observed import RuntimeSample
from goserviceslo.api.quantity import format_gomemlimit
from goserviceslo.api.status import RuntimeGeneration
from goserviceslo.api.v1alpha1 import Runtime


class Obedience(StrEnum):
    """What the metrics say of the pods."""

    OBEYED = "Obeyed"
    IGNORED = "Ignored"
    NOT_EXPOSED = "NotExposed"


@dataclass(frozen=True, slots=True)
class ObedienceReport:
    """The verdict and, where ignored, each setting with what was asked and what was found."""

    obedience: Obedience
    details: tuple[str, ...] = ()


def judge_obedience(runtime: Runtime, settled: RuntimeSample | None) -> ObedienceReport:
    """Compare what is asked with what the pods report; settings without a metric are not judged."""
    if settled is None:
        return ObedienceReport(Obedience.NOT_EXPOSED)
    pairs: list[tuple[str, float, float]] = []
    if runtime.gogc is not None and settled.gogc_percent is not None:
        wanted = math.inf if runtime.gogc == "off" else float(runtime.gogc)
        pairs.append(("GOGC", wanted, settled.gogc_percent))
    if runtime.memory_limit is not None and settled.memory_limit_bytes is not None:
        pairs.append(("GOMEMLIMIT", float(runtime.memory_limit), settled.memory_limit_bytes))
    if runtime.max_procs is not None and settled.max_procs is not None:
        pairs.append(("GOMAXPROCS", float(runtime.max_procs), float(settled.max_procs)))
    ignored = tuple(
        f"{name} was set to {_show(name, wanted)}, the process runs with {_show(name, found)}"
        for name, wanted, found in pairs
        if wanted != found
    )
    if ignored:
        return ObedienceReport(Obedience.IGNORED, ignored)
    return ObedienceReport(Obedience.OBEYED if pairs else Obedience.NOT_EXPOSED)


def generation_status(sample: RuntimeSample) -> RuntimeGeneration:
    """The figures of one generation as the status shows them; `mixed` where its pods differ."""
    return RuntimeGeneration(
        pod_template_hash=sample.pod_template_hash,
        pods=sample.pods,
        gogc=_shown(sample, "gogc", "GOGC", sample.gogc_percent),
        memory_limit=_shown(sample, "memoryLimit", "GOMEMLIMIT", sample.memory_limit_bytes),
        max_procs=sample.max_procs,
    )


def settled_generation(samples: Sequence[RuntimeSample]) -> RuntimeSample | None:
    """The generation to judge: the only one there is; while two run side by side there is nothing to judge yet."""
    return samples[0] if len(samples) == 1 else None


def _shown(sample: RuntimeSample, setting: str, name: str, value: float | None) -> str | None:
    if setting in sample.mixed:
        return "mixed"
    return None if value is None else _show(name, value)


def _show(name: str, value: float) -> str:
    if math.isinf(value):
        return "off" if name == "GOGC" else "none"
    return format_gomemlimit(int(value)) if name == "GOMEMLIMIT" else f"{value:g}"
