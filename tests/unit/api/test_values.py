"""What users write in a field, and what it means."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.table import cases
from tests.unit.api.specs import good_specs, replaced, resource
from tests.unit.api.values import EVERYTHING, FIELDS, Path

from goserviceslo.api.base import ApiModel
from goserviceslo.api.duration import format_duration, parse_duration
from goserviceslo.api.percent import LARGEST, SMALLEST, format_percent, parse_percent
from goserviceslo.api.problems import parse_spec
from goserviceslo.api.quantity import format_gomemlimit, parse_memory_bytes, parse_quantity_bytes
from goserviceslo.api.v1alpha1 import GoServiceSloSpec
from goserviceslo.api.window import CalendarPeriod


def read(path: Path, value: Any) -> Any:
    """What the model makes of a value in that place."""
    spec = parse_spec(resource(replaced(EVERYTHING, path, value)))
    assert isinstance(spec, GoServiceSloSpec), spec
    found: Any = spec
    for part in path:
        if isinstance(found, ApiModel):
            field = next(name for name, info in type(found).model_fields.items() if info.alias == part)
            found = getattr(found, field)
        else:
            found = found[part]
    return found


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in FIELDS.items() for value in values.good])
def test_a_good_value_is_taken(path: Path, value: Any) -> None:
    read(path, value)


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in FIELDS.items() for value in values.near])
def test_its_neighbour_is_refused_at_its_place(path: Path, value: Any) -> None:
    refusals = parse_spec(resource(replaced(EVERYTHING, path, value)))
    assert isinstance(refusals, list)
    place = "spec" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    assert refusals[0].startswith(f"{place}: ")


TARGET = ("objectives", 0, "target")
WINDOW = ("objectives", 0, "window")
FASTER = ("objectives", 0, "http", "faster")
MEMORY = ("runtime", "memoryLimit")


@cases(
    "path, value, meaning",
    {
        "a percentage as a number": (TARGET, 99.9, Decimal("99.9")),
        "a percentage as a text": (TARGET, "99.90", Decimal("99.9")),
        "a percentage with its sign": (TARGET, "99.95%", Decimal("99.95")),
        "a number is rounded to six decimals": (TARGET, 50.1234567, Decimal("50.123457")),
        "a number is never rounded up to 100": (TARGET, 99.9999999, LARGEST),
        "a number is never rounded down to 0": (TARGET, 1e-9, SMALLEST),
        "a rolling window": (WINDOW, "1d12h", timedelta(days=1, hours=12)),
        "a calendar window": (WINDOW, "Quarter", CalendarPeriod.QUARTER),
        "a latency bound": (FASTER, "1s500ms", timedelta(seconds=1.5)),
        "a latency bound with Go's sign for micro": (FASTER, "1\u00b5s", timedelta(microseconds=1)),
        "a limit as Kubernetes writes it": (MEMORY, "1Gi", 2**30),
        "a limit as Go writes it": (MEMORY, "1GiB", 2**30),
        "a limit in powers of ten": (MEMORY, "1G", 10**9),
        "a limit with a fraction": (MEMORY, "0.5Gi", 2**29),
        "a limit in bytes": (MEMORY, 536870912, 2**29),
        "a limit in exponents, which YAML makes a float": (MEMORY, 1e9, 10**9),
        "GOGC as a number": (("runtime", "gogc"), 200, 200),
        "GOGC as a text": (("runtime", "gogc"), "200", 200),
        "GOGC off": (("runtime", "gogc"), "off", "off"),
        "a status code as a number": (("objectives", 0, "http", "errors"), [429, "5xx"], ("429", "5xx")),
        "a recovery time": (("sla", "rto"), "1w2d", timedelta(days=9)),
        "a null is a field left out": (("tier",), None, None),
        "a null of a field with a default is the default": (("autoscaling", "cpu"), None, 70),
        "a null in a map is an entry left out": (("runtime", "env"), {"GODEBUG": None, "GORACE": "x"}, {"GORACE": "x"}),
    },
)
def test_friendly_forms_have_one_meaning(path: Path, value: Any, meaning: Any) -> None:
    assert read(path, value) == meaning


@cases(
    "spec, default",
    {
        "a window is 30 days": (WINDOW, timedelta(days=30)),
        "the least replicas are one": (("autoscaling", "minReplicas"), 1),
        "the autoscaler holds 70 percent": (("autoscaling", "cpu"), 70),
        "nothing is taken over": (("runtime", "takeOver"), False),
    },
)
def test_what_is_left_out_has_a_safe_default(spec: Path, default: Any) -> None:
    assert read(spec, None) == default


def test_ten_lines_are_enough_and_touch_nothing() -> None:
    spec = parse_spec(resource({"target": {"name": "a"}, "objectives": [{"name": "b", "target": 99.9, "http": {}}]}))
    assert isinstance(spec, GoServiceSloSpec)
    assert (spec.runtime, spec.autoscaling, spec.tier, spec.sla) == (None, None, None, None)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(good_specs)
def test_the_canonical_form_reads_back_as_the_same_spec(written: dict[str, Any]) -> None:
    spec = parse_spec(resource(written))
    assert isinstance(spec, GoServiceSloSpec), spec
    dump = spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    again = parse_spec(resource(dump))
    assert again == spec
    assert isinstance(again, GoServiceSloSpec)
    assert again.model_dump(mode="json", by_alias=True, exclude_none=True) == dump


@given(st.decimals(min_value=SMALLEST, max_value=LARGEST, places=6))
def test_a_percentage_survives_being_written_and_read(percent: Decimal) -> None:
    assert parse_percent(format_percent(percent)) == percent


@given(st.timedeltas(min_value=timedelta(0)))
def test_a_duration_survives_being_written_and_read(span: timedelta) -> None:
    assert parse_duration(format_duration(span)) == span


@given(st.integers(min_value=8 * 2**20, max_value=2**53 - 1))
def test_gomemlimit_is_written_as_go_reads_it_and_means_the_same(amount: int) -> None:
    text = format_gomemlimit(amount)
    assert text.removesuffix("MiB").isdecimal()
    assert parse_memory_bytes(text) == amount


@cases(
    "span, text",
    {
        "nothing": (timedelta(0), "0s"),
        "days are the largest unit": (timedelta(weeks=4), "28d"),
        "units from the largest to the smallest": (timedelta(days=1, hours=2, seconds=3), "1d2h3s"),
        "below a second": (timedelta(microseconds=1500), "1ms500us"),
    },
)
def test_durations_are_written_in_one_way(span: timedelta, text: str) -> None:
    assert format_duration(span) == text


@cases(
    "text, amount",
    {
        "bytes": ("128974848", 128974848),
        "a number": (128974848, 128974848),
        "powers of two": ("123Mi", 123 * 2**20),
        "powers of ten": ("129M", 129 * 10**6),
        "an exponent": ("129e6", 129 * 10**6),
        "thousandths": ("128974848000m", 128974848),
        "large ones": ("1Pi", 2**50),
        "a fraction": (".5Gi", 2**29),
    },
)
def test_a_pods_quantity_is_read_as_kubernetes_reads_it(text: str | int, amount: int) -> None:
    assert parse_quantity_bytes(text) == amount


@pytest.mark.parametrize("text", ["", "1GiB", "Mi", "-1", "1 Gi", "0x10", "1e", "NaN"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a Kubernetes quantity"):
        parse_quantity_bytes(text)


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5m", "5y", 5, None, "9" * 20 + "d"])
def test_what_is_no_duration_is_refused_with_advice(text: Any) -> None:
    with pytest.raises(ValueError, match="write"):
        parse_duration(text)
