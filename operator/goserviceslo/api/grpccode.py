"""Status codes of gRPC, as Go names them (google.golang.org/grpc/codes)."""

from typing import Annotated

from goserviceslo.api.text import Text

CODES = (
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
)
"""Each at the place of its number."""

GrpcError = Annotated[
    str,
    Text(
        "|".join(code for code in CODES if code != "OK"),
        "write a status code of gRPC as Go names it, such as Internal or Unavailable",
        max(map(len, CODES)),
    ),
]
"""Every code but OK."""
