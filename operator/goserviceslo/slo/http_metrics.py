"""The names under which Go services count and time the HTTP requests that they serve.

Each was read in the source of the library that it is ascribed to. Order is preference: a name that many libraries share
comes before one of a single library, and a counter before a histogram, whose count would say the same at more series.
`promhttp_metric_handler_requests_total` is no service's own traffic (it counts scrapes) and is in no list.
"""

import re
from datetime import timedelta

STATUS_LABELS = (
    "code",  # promhttp, zsais/go-gin-prometheus, labstack/echo-contrib, slok/go-http-metrics, zeromicro/go-zero
    "status",  # go-chi/metrics
    "status_code",  # ansrivas/fiberprometheus
    "http_response_status_code",  # OpenTelemetry semantic conventions since 1.21
    "http_status_code",  # OpenTelemetry before
    "statusCode",  # hertz-contrib/monitor-prometheus
)

ROUTE_LABELS = (
    ("http_route",),  # OpenTelemetry
    ("route",),  # most people's own
    ("path",),  # ansrivas/fiberprometheus, 766b/chi-prometheus, zeromicro/go-zero
    ("url",),  # labstack/echo-contrib, zsais/go-gin-prometheus
    ("uri",),  # penglongli/gin-metrics
    ("endpoint",),  # go-chi/metrics
    ("handler",),  # slok/go-http-metrics, promhttp curried; last: in zsais/go-gin-prometheus it is a function's name
)

COUNTERS = (
    "http_requests_total",  # promhttp's documentation, go-chi/metrics, ansrivas/fiberprometheus, and most people's own
    "gin_requests_total",  # zsais/go-gin-prometheus
    "gin_uri_request_total",  # penglongli/gin-metrics; its gin_request_total has no status
    "echo_requests_total",  # labstack/echo-contrib
    "chi_requests_total",  # 766b/chi-prometheus, toshi0607/chi-prometheus
    "chi_pattern_requests_total",  # 766b/chi-prometheus
    "http_server_requests_code_total",  # zeromicro/go-zero
    "hertz_server_throughput",  # hertz-contrib/monitor-prometheus
    "requests_total",  # labstack/echo-contrib and zsais/go-gin-prometheus where the subsystem was set to nothing
)

HISTOGRAMS = (
    "http_request_duration_seconds",  # promhttp's documentation, go-chi/metrics, slok/go-http-metrics, fiberprometheus
    "http_server_request_duration_seconds",  # otelhttp, otelgin, gofiber/contrib
    "http_server_duration_milliseconds",  # OpenTelemetry before its conventions 1.21
    "http_server_duration",  # the same, from exporters that add no unit
    "gin_request_duration_seconds",  # zsais/go-gin-prometheus
    "gin_request_duration",  # penglongli/gin-metrics; no status
    "echo_request_duration_seconds",  # labstack/echo-contrib
    "chi_request_duration_milliseconds",  # 766b/chi-prometheus, toshi0607/chi-prometheus
    "chi_pattern_request_duration_milliseconds",  # 766b/chi-prometheus
    "http_server_requests_duration_ms",  # zeromicro/go-zero
    "hertz_server_latency_us",  # hertz-contrib/monitor-prometheus
    "request_duration_seconds",  # labstack/echo-contrib and zsais/go-gin-prometheus without a subsystem
)

_UNITS = (
    (re.compile(r".*_(?:milliseconds|millis|ms)|(?:http|rpc)_server_duration"), timedelta(milliseconds=1)),
    (re.compile(r".*_(?:microseconds|micros|us)"), timedelta(microseconds=1)),
)


def unit_of(histogram: str) -> timedelta:
    """What one of a histogram's units stands for, by its name; seconds where the name says nothing."""
    return next((unit for names, unit in _UNITS if names.fullmatch(histogram)), timedelta(seconds=1))


# 766b/chi-prometheus writes http.StatusText(code) into its label `code`; words as in net/http/status.go. Only those of
# errors: nobody promises that few requests are answered with 200.
_SPELLED_IN_WORDS = frozenset(
    {
        "chi_requests_total",
        "chi_pattern_requests_total",
        "chi_request_duration_milliseconds",
        "chi_pattern_request_duration_milliseconds",
    }
)
_WORDS = {
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Request Entity Too Large",
    414: "Request URI Too Long",
    415: "Unsupported Media Type",
    416: "Requested Range Not Satisfiable",
    417: "Expectation Failed",
    418: "I'm a teapot",
    421: "Misdirected Request",
    422: "Unprocessable Entity",
    423: "Locked",
    424: "Failed Dependency",
    425: "Too Early",
    426: "Upgrade Required",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    451: "Unavailable For Legal Reasons",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
    506: "Variant Also Negotiates",
    507: "Insufficient Storage",
    508: "Loop Detected",
    510: "Not Extended",
    511: "Network Authentication Required",
}


def status_expression(metric: str, errors: tuple[str, ...]) -> str:
    """A regular expression for the status codes that `errors` (`5xx`, `429`) name, as this metric spells them."""
    codes = [pattern.replace("x", ".") for pattern in errors]
    if metric in _SPELLED_IN_WORDS:
        codes += [words for code, words in _WORDS.items() if _named(code, errors)]
    return "|".join(codes)


def _named(code: int, errors: tuple[str, ...]) -> bool:
    return any(pattern in (str(code), f"{code // 100}xx") for pattern in errors)
