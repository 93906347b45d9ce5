"""Generated GoServiceSLOs: good ones that hug every bound, and the same with a few places spoilt.

Places are spoilt with the neighbours of what belongs there and with whatever JSON has, so that both judges see every
kind of value in every place.
"""

import string
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from tests.unit.api.values import FIELDS, KEYS, ODD, RESOURCE_NAMES, UNKNOWN_FIELDS, Path, Values

from goserviceslo.api.base import API_VERSION, KIND, Json

odd: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(ODD), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8)
)
"""Any JSON, mostly of the wrong kind."""

_count = st.integers(min_value=0, max_value=99_999)
_MORE_GOOD: dict[str, st.SearchStrategy[Any]] = {
    "target": st.one_of(
        st.floats(min_value=1e-7, max_value=99.9999999),
        st.decimals(min_value="0.000001", max_value="99.999999", places=6).map(lambda number: f"{number:f}"),
    ),
    "window": st.integers(min_value=3600, max_value=7_776_000).map(lambda seconds: f"{seconds}s"),
    "faster": st.integers(min_value=1, max_value=3_600_000).map(lambda milliseconds: f"{milliseconds}ms"),
    "memoryLimit": st.one_of(
        st.integers(min_value=8 * 2**20, max_value=2**53 - 1),
        st.decimals(min_value=8, max_value=8000, places=3).map(lambda amount: f"{amount:f}Gi"),
    ),
    "gogc": st.integers(min_value=10, max_value=10_000),
    "description": st.text(max_size=20),
    "GODEBUG": st.text(string.printable[:95], max_size=12),
}
_MORE_NEAR: dict[str, st.SearchStrategy[Any]] = {
    "target": st.from_regex(r"[0-9]{0,3}(\.[0-9]{0,7})?%?", fullmatch=True),
    "window": st.one_of(
        st.builds(lambda days, hours, seconds: f"{days}d{hours}h{seconds}s", _count, _count, _count),
        st.from_regex(r"([0-9]{1,3}[wdhms]){1,4}", fullmatch=True),
    ),
    "faster": st.from_regex(r"([0-9]{1,8}(\.[0-9]{1,4})?(us|µs|ms|s|m|h)){1,4}", fullmatch=True),
    "rto": st.from_regex(r"([0-9]{1,7}[wdhms]){1,5}", fullmatch=True),
    "memoryLimit": st.from_regex(
        r"[0-9]{1,17}(\.[0-9]{1,4})?(k|M|G|T|Ki|Mi|Gi|Ti|KiB|MiB|GiB|TiB|iB|B)?", fullmatch=True
    ),
}


def _good(path: Path) -> st.SearchStrategy[Any]:
    listed = st.sampled_from(FIELDS[path].good)
    more = _MORE_GOOD.get(str(path[-1]))
    return listed if more is None else st.one_of(listed, more)


def _around(path: Path) -> st.SearchStrategy[Any]:
    """What belongs to this place, and what just does not."""
    strategies = [_good(path), st.sampled_from(FIELDS[path].near), _MORE_NEAR.get(str(path[-1]))]
    return st.one_of(*(strategy for strategy in strategies if strategy is not None))


_AROUND = {path: _around(path) for path in FIELDS}


def _fields(*at: str | int, required: tuple[str, ...] = (), **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """An object with its required fields and any of the others."""
    here = {str(path[-1]): _good(path) for path in FIELDS if path[:-1] == at} | more
    return st.fixed_dictionaries(
        {name: here[name] for name in required},
        optional={name: strategy for name, strategy in here.items() if name not in required},
    )


def _entries(*values: str | int) -> st.SearchStrategy[Json]:
    return st.dictionaries(st.sampled_from(KEYS[_map(values[:-1])].good), _good(values), max_size=3)


def _map(path: Path) -> tuple[str, ...]:
    """The key in KEYS for the place of a map."""
    return tuple(map(str, path[-2:]))


def _ordered(scaling: Json) -> Json:
    """The fewest replicas brought down to the most."""
    if "minReplicas" not in scaling:
        return scaling
    return {**scaling, "minReplicas": min(scaling["minReplicas"], scaling["maxReplicas"])}


def _calendar_beside_zone(objective: Json) -> Json:
    return {**objective, "window": "Month"} if objective.get("timeZone", "UTC") != "UTC" else objective


def _zone_beside_local_start(window: Json) -> Json:
    """Every other one in UTC; days to leave out where there is a rule."""
    where = {"start": f"{window['start']}Z"} if "timeZone" not in window else {}
    return {name: value for name, value in (window | where).items() if name != "except" or "rule" in window}


def _limit_beside_off(runtime: Json) -> Json:
    return {"memoryLimit": "460Mi", **runtime} if runtime.get("gogc") == "off" else runtime


def _label_beside_routes(http: Json) -> Json:
    return {"routes": ["/v1/pay"], **http} if "routeLabel" in http else http


def _some(*path: str | int) -> st.SearchStrategy[Any]:
    return st.lists(_good(path), min_size=1, max_size=3)


def _part(ratio: Json) -> Json:
    """The bad events, or the same as the good ones."""
    return ratio if len(ratio["total"]) % 2 else {"good": ratio["bad"], "total": ratio["total"]}


def _whole_goroutines(leak: Json) -> Json:
    return {**leak, "atMost": 100} if leak["of"] == "Goroutines" else leak


_http = _fields(
    *("objectives", 0, "http"),
    errors=_some("objectives", 0, "http", "errors", 0),
    routes=_some("objectives", 0, "http", "routes", 0),
    labels=_entries("objectives", 0, "http", "labels", "handler"),
).map(_label_beside_routes)
_grpc = _fields(
    *("objectives", 1, "grpc"),
    errors=_some("objectives", 1, "grpc", "errors", 0),
    methods=_some("objectives", 1, "grpc", "methods", 0),
    labels=_entries("objectives", 1, "grpc", "labels", "grpc_type"),
)
_EVENTS: dict[str, st.SearchStrategy[Json]] = {
    "http": _http,
    "grpc": _grpc,
    "ratio": _fields("objectives", 2, "ratio", required=("bad", "total")).map(_part),
}
_SLICES: dict[str, st.SearchStrategy[Json]] = {
    "saturation": _fields("objectives", 3, "saturation", required=("gauge", "below")),
    "leak": _fields("objectives", 4, "leak", required=("of", "atMost")).map(_whole_goroutines),
    "freshness": _fields("objectives", 5, "freshness", required=("timestamp", "within")),
    "throughput": _fields("objectives", 6, "throughput", required=("counter", "atLeast")),
    "spread": st.one_of(
        _fields("objectives", 7, "spread", required=("histogram", "within", "to")).map(lambda one: {**one, "from": 1}),
        _fields("objectives", 7, "spread", required=("histogram", "within")).map(lambda one: {**one, "to": 99}),
    ),
    "boolean": _fields("objectives", 8, "boolean", required=("holds",)),
}
_BASE = _fields("objectives", 0, required=("name", "target"), alerting=_fields("objectives", 0, "alerting"))


def _kind(name: str, indicator: st.SearchStrategy[Json], slices: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Objectives of one kind, with slices or without."""
    either = st.one_of(st.none(), slices)
    return st.builds(
        lambda base, one, sliced: {**base, name: one} | ({} if sliced is None else {"slices": sliced}),
        _BASE,
        indicator,
        either,
    )


_kinds = [
    *(_kind(name, one, _fields("objectives", 0, "slices", required=("good",))) for name, one in _EVENTS.items()),
    *(_kind(name, one, _fields("objectives", 8, "slices")) for name, one in _SLICES.items()),
]
_objectives = st.lists(
    st.one_of(_kinds[0], *_kinds).map(_calendar_beside_zone),
    min_size=1,
    max_size=3,
    unique_by=lambda objective: str(objective["name"]),
)
_runtime = _fields("runtime", env=_entries("runtime", "env", "GODEBUG")).map(_limit_beside_off)
_maintenance = st.lists(
    _fields(
        *("maintenance", 0),
        required=("name", "start", "duration"),
        **{"except": st.lists(_good(("maintenance", 0, "except", 0)), max_size=2)},
    ).map(_zone_beside_local_start),
    max_size=2,
    unique_by=lambda window: str(window["name"]),
)
_alerting = _fields(
    "alerting",
    labels=_entries("alerting", "labels", "team"),
    annotations=_entries("alerting", "annotations", "chat"),
)
good_specs: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {"target": _fields("target", required=("name",)), "objectives": _objectives},
    optional={
        "tier": _good(("tier",)),
        "maintenance": _maintenance,
        "maintenanceFrom": _fields("maintenanceFrom", required=("configMap",)),
        "alerting": _alerting,
        "runtime": _runtime,
        "autoscaling": _fields("autoscaling", required=("maxReplicas",)).map(_ordered),
        "sla": _fields("sla"),
    },
)
"""Specs that must be taken."""


def places(value: Any, at: Path = ()) -> Iterator[Path]:
    """The path of every node, the root first."""
    yield at
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*at, key))


def replaced(value: Any, path: Path, new: Any) -> Any:
    """The value with something else at that place."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {**value, head: replaced(value.get(head), rest, new)}
    return [replaced(item, rest, new) if index == head else item for index, item in enumerate(value)]


def _field_of(path: Path) -> Path:
    """The key in FIELDS for a place, whichever item of a list or entry of a map it is in."""
    general = _general(path)
    if _map(general[:-1]) in KEYS:
        return next(field for field in FIELDS if _general(field)[:-1] == general[:-1])
    return _BY_GENERAL_PATH.get(general, general)


def _general(path: Path) -> Path:
    return tuple(0 if isinstance(part, int) else part for part in path)


_BY_GENERAL_PATH = {_general(field): field for field in reversed(FIELDS)}


@st.composite
def _spoilt(draw: st.DrawFn, spec: Any) -> Any:
    """The spec with one place changed."""
    path = draw(st.sampled_from(list(places(spec))))
    around = _AROUND.get(_field_of(path))
    if around is not None and draw(st.integers(0, 5)):
        return replaced(spec, path, draw(around))
    here = spec
    for part in path:
        here = here[part]
    return replaced(spec, path, draw(st.one_of(odd, *_regrouped(here, path))))


def _regrouped(here: Any, path: Path) -> list[st.SearchStrategy[Any]]:
    """The same fields or items, with some more, fewer, repeated or null."""
    match here:
        case dict() if not here:
            return [_one_more_entry(path)]
        case dict():
            key = st.sampled_from(list(here))
            return [
                _one_more_entry(path).map(lambda more: {**here, **more}),
                key.map(lambda gone: {name: value for name, value in here.items() if name != gone}),
                key.map(lambda name: {**here, name: None}),
            ]
        case [first, *_]:
            lengths = st.sampled_from([2, 15, 16, 17, 20])
            return [st.just([*here, first]), st.just([]), lengths.map(lambda length: longer(here, length))]
    return []


def longer(items: list[Any], length: int) -> list[Any]:
    """The list at that length, named items keeping names of their own."""
    named = isinstance(items[0], dict) and "name" in items[0]
    return [{**items[0], "name": f"n{index}"} if named else items[0] for index in range(length)]


def _one_more_entry(path: Path) -> st.SearchStrategy[Json]:
    if _map(path) in KEYS:
        keys = KEYS[_map(path)]
        counts = st.sampled_from([7, 8, 9, 15, 16, 17])
        return st.one_of(
            st.dictionaries(
                st.sampled_from(keys.good + keys.near), st.one_of(st.text(max_size=3), odd), min_size=1, max_size=2
            ),
            counts.map(lambda count: {f"k{index}": "v" for index in range(count)}),
        )
    names = sorted({str(part) for field in FIELDS for part in field if isinstance(part, str)})
    return st.dictionaries(st.sampled_from([*UNKNOWN_FIELDS, *names]), odd, min_size=1, max_size=1)


def resource(spec: Any, name: Any = "checkout") -> Json:
    """A whole GoServiceSLO around a spec."""
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name}, "spec": spec}


@st.composite
def families(draw: st.DrawFn) -> list[Json]:
    """A good resource, and the same with a place or two spoilt, some times over."""
    spec = draw(good_specs)
    once = _spoilt(spec)
    spoilt = draw(st.lists(st.one_of(once, once, once.flatmap(_spoilt)), min_size=1, max_size=8))
    named: Values = RESOURCE_NAMES
    return [resource(spec, draw(st.sampled_from(named.good))), *map(resource, spoilt)]
