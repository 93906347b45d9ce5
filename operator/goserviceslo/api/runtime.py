"""What a team wants of the Go runtime: GOGC, GOMEMLIMIT, GOMAXPROCS and a few more variables."""

from typing import Annotated

from pydantic import Field, StrictBool

from goserviceslo.api.base import ApiModel, NullsDropped, notes
from goserviceslo.api.check import Check
from goserviceslo.api.gogc import GcPercent
from goserviceslo.api.quantity import MemoryLimit
from goserviceslo.api.text import VariableText
from goserviceslo.api.whole import Whole

RUNTIME_VARIABLES = ("GODEBUG", "GOTRACEBACK", "GORACE")


class Runtime(ApiModel):
    """Fixed settings of the Go runtime; a change restarts the target's pods by its own rolling update."""

    checks = (
        Check(
            rule="!has(self.gogc) || self.gogc != 'off' || has(self.memoryLimit)",
            message="gogc off without a limit lets the heap grow until the kernel kills the process: write "
            "memoryLimit beside it",
            holds=lambda runtime: runtime.gogc != "off" or runtime.memory_limit is not None,
        ),
    )

    gogc: GcPercent | None = Field(
        default=None,
        description='GOGC, from 10 to 10000, or "off" (only with memoryLimit, and in quotes: YAML reads a bare off as '
        "false).",
        examples=["200", '"off"'],
        json_schema_extra=notes(unit="percent of the live heap", default="untouched"),
    )
    memory_limit: MemoryLimit | None = Field(
        default=None,
        description="GOMEMLIMIT, at least 8Mi and below the container's memory limit. Written to the pod in a form "
        "that Go accepts.",
        examples=["460Mi", "460MiB", "482344960"],
        json_schema_extra=notes(unit="bytes, with a suffix of Kubernetes (Mi) or Go (MiB)", default="untouched"),
    )
    max_procs: Annotated[int, Whole(1, 1024)] | None = Field(
        default=None,
        description="GOMAXPROCS. Go 1.25 and later follow the CPU limit by themselves; set it for older ones.",
        examples=["2"],
        json_schema_extra=notes(unit="threads", default="untouched"),
    )
    env: (
        Annotated[
            dict[str, VariableText],
            Field(max_length=8),
            Check(
                rule=f"self.all(name, name in {list(RUNTIME_VARIABLES)})",
                message="write GODEBUG, GOTRACEBACK or GORACE here; GOGC, GOMEMLIMIT and GOMAXPROCS are written as "
                "gogc, memoryLimit and maxProcs, and other variables belong into the Deployment",
                holds=lambda env: all(name in RUNTIME_VARIABLES for name in env),
            ),
            NullsDropped,
        ]
        | None
    ) = Field(
        default=None,
        description="Other variables of the Go runtime: GODEBUG, GOTRACEBACK, GORACE.",
        examples=["{GOTRACEBACK: crash}"],
        json_schema_extra=notes(default="untouched"),
    )
    take_over: StrictBool = Field(
        default=False,
        description="Take these variables over from whoever sets them now (the condition RuntimeApplied names them "
        "as RuntimeConflict).",
        examples=["true"],
    )
