"""What an API server says when it refuses becomes an error of the port."""

from datetime import timedelta
from typing import Any

from tests.table import cases

from goserviceslo.adapters.apierrors import error_from_status, retry_after
from goserviceslo.ports import AlreadyExists, ApiError, Conflict, Forbidden, Gone, Invalid, NotFound


def status(reason: str, **details: Any) -> dict[str, Any]:
    return {"kind": "Status", "reason": reason, "message": f"{reason} it is", "details": details}


@cases(
    "code, body, kind",
    {
        "not there": (404, status("NotFound"), NotFound),
        "there already": (409, status("AlreadyExists"), AlreadyExists),
        "another version": (409, status("Conflict"), Conflict),
        "no right": (403, status("Forbidden"), Forbidden),
        "a broken object": (422, status("Invalid"), Invalid),
        "too old": (410, status("Expired"), Gone),
        "too many": (429, status("TooManyRequests"), ApiError),
        "a proxy's page": (502, "<html>Bad Gateway</html>", ApiError),
        "nothing": (500, "", ApiError),
    },
)
def test_the_error_for_an_answer(code: int, body: Any, kind: type[ApiError]) -> None:
    error = error_from_status(code, body, timedelta(seconds=1))
    assert type(error) is kind
    assert error.status == code
    assert error.message


def test_a_conflict_names_each_field_and_its_manager() -> None:
    field = '.spec.template.spec.containers[name="app"].env[name="GOGC"].value'
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "kubectl-client-side-apply" using apps/v1',
            "field": field,
        },
        {"reason": "SomethingElse", "field": ".x"},
    ]
    error = error_from_status(409, status("Conflict", causes=causes), None)
    assert isinstance(error, Conflict)
    assert error.owners == {field: "kubectl-client-side-apply"}


def test_a_page_of_a_proxy_is_cut_short() -> None:
    assert len(error_from_status(502, "x" * 10_000, None).message) <= 200


@cases(
    "header, seconds",
    {
        "seconds": ("7", 7.0),
        "a fraction": ("0.5", 0.5),
        "below zero": ("-3", 0.0),
        "a date": ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        "nothing": (None, None),
        "infinity": ("inf", None),
    },
)
def test_how_long_the_server_asks_to_wait(header: str | None, seconds: float | None) -> None:
    assert retry_after(header) == (None if seconds is None else timedelta(seconds=seconds))
