"""What an objective counts and what it calls bad, in words."""

from dataclasses import dataclass
from typing import Any

from goserviceslo.api.v1alpha1 import Objective

_DEFAULT_ERRORS = ["5xx"]


@dataclass(frozen=True, slots=True)
class Words:
    """How to speak of an objective's events."""

    events: str
    """Of many: requests."""
    bad: str
    """What makes one bad."""


def words(objective: Objective) -> Words:
    """The words for an objective, whatever its kind."""
    fields = objective.model_dump(mode="json", by_alias=True, exclude_none=True)
    found = _indicator(fields)
    match fields:
        case {"slices": {"good": good, "length": length}}:
            return Words(
                f"slices of {length}", f"less than {good}% of its {found.events} are good; one is bad when {found.bad}"
            )
    return found


def _indicator(fields: dict[str, Any]) -> Words:  # noqa: C901 - a table of kinds
    length = fields.get("slices", {}).get("length", "1m")
    slices = f"slices of {length}"
    match fields:
        case {"http": http}:
            return Words("requests" + _of(http.get("routes")), _http(http))
        case {"grpc": grpc}:
            return Words("calls" + _of(grpc.get("methods")), _grpc(grpc))
        case {"ratio": {"bad": bad, "total": total}}:
            return Words(f"events of {total}", f"{bad} counts it")
        case {"ratio": {"good": good, "total": total}}:
            return Words(f"events of {total}", f"{good} does not count it")
        case {"saturation": {"gauge": gauge, "below": bound}}:
            return Words(slices, f"{gauge} is not below {bound}, in the worst of the pods")
        case {"leak": {"of": subject, "atMost": bound, "over": over}}:
            return Words(slices, f"{subject.lower()} of a pod grows by more than {bound} an hour, taken over {over}")
        case {"freshness": {"timestamp": timestamp, "within": within}}:
            return Words(slices, f"the last success, by {timestamp}, is more than {within} ago")
        case {"throughput": {"counter": counter, "atLeast": least, **others}}:
            asked = others.get("whileAskedFor")
            return Words(
                slices, f"{counter} grows by less than {least} a second" + (f" while {asked}" if asked else "")
            )
        case {"spread": {"histogram": histogram, "within": within, "from": low, "to": high}}:
            return Words(slices, f"p{low} and p{high} of {histogram} are more than {within} apart")
        case {"boolean": {"holds": holds}}:
            return Words(slices, f"{holds} is not 1")
        case _:
            raise ValueError(f"an objective of an unknown kind: {', '.join(fields)}")


def _of(these: list[str] | None) -> str:
    return f" of {_listed(these)}" if these else ""


def _http(http: dict[str, Any]) -> str:
    errors = f"its status is one of {_listed(http.get('errors', _DEFAULT_ERRORS))}"
    if "faster" not in http:
        return errors
    slow = f"it took longer than {http['faster']}"
    return f"{slow}, or {errors}" if "errors" in http else f"{slow}, whatever its status"


def _grpc(grpc: dict[str, Any]) -> str:
    given = grpc.get("errors")
    errors = f"its code is one of {_listed(given)}" if given else "its code is one of those that are the server's fault"
    if "faster" not in grpc:
        return errors
    slow = f"it took longer than {grpc['faster']}"
    return f"{slow}, or {errors}" if given else f"{slow}, whatever its code"


def _listed(names: list[str]) -> str:
    *most, last = map(str, names)
    return f"{', '.join(most)} and {last}" if most else last
