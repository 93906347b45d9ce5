"""The names under which Go services count and time the gRPC calls that they serve.

Each was read in the source of the library that it is ascribed to. Order is preference, as for HTTP.
"""

from goserviceslo.api.grpccode import CODES

CODE_LABELS = (
    "grpc_code",  # grpc-ecosystem/go-grpc-prometheus, go-grpc-middleware/providers/prometheus: Go's names
    "rpc_response_status_code",  # otelgrpc with the newer conventions (read in 0.72): names in capitals
    "rpc_grpc_status_code",  # otelgrpc with the older ones (read in 0.53): numbers
)

METHOD_LABELS = (
    ("grpc_service", "grpc_method"),  # grpc-ecosystem
    ("rpc_service", "rpc_method"),  # otelgrpc with the older conventions
    ("rpc_method",),  # otelgrpc with the newer ones: package.Service/Method in one
)

COUNTERS = ("grpc_server_handled_total",)  # go-grpc-prometheus, go-grpc-middleware; OpenTelemetry has none

HISTOGRAMS = (
    "grpc_server_handling_seconds",  # go-grpc-prometheus, go-grpc-middleware; without a code
    "rpc_server_call_duration_seconds",  # otelgrpc with the newer conventions
    "rpc_server_duration_milliseconds",  # otelgrpc with the older ones
    "rpc_server_duration",  # the same, from exporters that add no unit
)

SERVER_FAULTS = ("Unknown", "DeadlineExceeded", "Unimplemented", "Internal", "Unavailable", "DataLoss")
"""What is an error where the user does not say: the codes of which OpenTelemetry's conventions for gRPC servers (and
`recordStatus` in otelgrpc) say that the server is at fault. The others tell a client what it did wrong."""


def _capitals(code: str) -> str:
    """As google/rpc/code.proto has it: DEADLINE_EXCEEDED."""
    if code == "Canceled":
        return "CANCELLED"
    return "".join(f"_{letter}" if letter.isupper() and at else letter for at, letter in enumerate(code)).upper()


_SPELLINGS = {
    "grpc_code": lambda code: (code,),
    "rpc_response_status_code": lambda code: (_capitals(code),),
    "rpc_grpc_status_code": lambda code: (str(CODES.index(code)),),
}


def code_expression(label: str, errors: tuple[str, ...]) -> str:
    """A regular expression for these codes as this label spells them; in every spelling where the label is not known.

    go-grpc-prometheus writes `codes.Code.String()`; `CANCELLED` has two L in capitals, as in `canonicalString` of
    otelgrpc.
    """
    spell = _SPELLINGS.get(label, lambda code: (code, _capitals(code), str(CODES.index(code))))
    return "|".join(dict.fromkeys(spelling for code in errors for spelling in spell(code)))
