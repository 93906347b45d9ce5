"""What to tell a user of a write that the API server refused."""

from goserviceslo.ports import AlreadyExists, ApiError, Conflict, Forbidden, Invalid, Key, NotFound, Resource
from goserviceslo.reconcile.model import Refusal, RefusalKind

LASTING = frozenset({RefusalKind.TAKEN, RefusalKind.FORBIDDEN, RefusalKind.INVALID, RefusalKind.TOO_LARGE})
"""Kinds that somebody must do something about; trying again soon is of no use."""


def refusal_of(error: ApiError, resource: Resource, key: Key) -> Refusal:
    """The refusal that `error` is, of a write to `key`."""
    what = f"{resource.kind} {key.name}"
    if isinstance(error, Conflict) and error.owners:
        held = "; ".join(f"{field} is set by {manager}" for field, manager in sorted(error.owners.items()))
        return Refusal(
            RefusalKind.CONFLICT,
            f"{what}: {held}: remove it there, or write takeOver: true to take it over.",
            error.owners,
        )
    if isinstance(error, AlreadyExists):
        return taken(resource, key)
    if isinstance(error, Forbidden):
        return Refusal(
            RefusalKind.FORBIDDEN,
            f"The operator has no right to write {what}: grant it to its service account. {error.message}",
        )
    if isinstance(error, Invalid) or error.status == 400:
        return Refusal(RefusalKind.INVALID, f"The API server does not take {what}: {error.message}")
    if isinstance(error, NotFound):
        return Refusal(RefusalKind.MISSING, f"{what} is not there.")
    return Refusal(RefusalKind.FAILED, f"Writing {what} failed and is tried again: {error.reason}.")


def taken(resource: Resource, key: Key) -> Refusal:
    """An object of that name is somebody else's."""
    return Refusal(
        RefusalKind.TAKEN,
        f"There is a {resource.kind} {key.name} that this resource did not make; it is left alone: "
        "delete it, or give this resource another name.",
    )
