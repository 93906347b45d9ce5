"""What an API server's refusal means: from a `Status` object to the errors of the port."""

import re
from datetime import timedelta
from typing import Any

from goserviceslo.ports import (
    AlreadyExists,
    ApiError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
)

_MANAGER = re.compile(r'conflict with "([^"]*)"')
_KINDS: dict[int, type[ApiError]] = {403: Forbidden, 404: NotFound, 410: Gone, 422: Invalid}


def error_from_status(code: int, status: Any, retry_after: timedelta | None) -> ApiError:
    """The error for an answer of HTTP `code` whose body was `status` (any JSON, or text where it was none)."""
    if isinstance(status, dict):
        reason = str(status.get("reason") or code)
        message = str(status.get("message") or "the API server gave no reason")
        details = status.get("details") or {}
    else:
        reason, message, details = str(code), _shortened(str(status)) or "the API server gave no reason", {}
    if code == 409 and reason != "AlreadyExists":
        return Conflict(message, conflict_owners(details))
    kind = AlreadyExists if code == 409 else _KINDS.get(code, ApiError)
    return kind(code, reason, message, retry_after)


def conflict_owners(details: dict[str, Any]) -> dict[str, str]:
    """Field manager by contested field, from the causes that server-side apply gives with a conflict."""
    owners: dict[str, str] = {}
    for cause in details.get("causes") or ():
        if cause.get("reason") == "FieldManagerConflict":
            manager = _MANAGER.search(cause.get("message", ""))
            owners[cause.get("field", "")] = manager.group(1) if manager else "another field manager"
    return owners


def retry_after(header: str | None) -> timedelta | None:
    """`Retry-After` in seconds; dates, which API servers do not send, are taken for nothing."""
    try:
        return timedelta(seconds=max(0.0, float(header))) if header else None
    except (ValueError, OverflowError):
        return None


def _shortened(text: str) -> str:
    return text.strip()[:200]
