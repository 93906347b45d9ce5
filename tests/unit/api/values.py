"""For every field of a GoServiceSLO the values at its bounds: those that are taken and those that just are not.

Nothing here says which judge is right; the tests that use it ask both, and hold `GOOD` to be taken.
"""

from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1.5, -0.5, 1e-7, 3.0, 1e9, 2**31, 2**53, 2**63, -(2**63) - 1, 10**20, 1e300),
    *(
        "",
        " ",
        "\n",
        "\x00",
        "a\n",
        "\u00e9",
        "\u0663",
        "\uff11\uff10",
        "\U0001f9ab",
        "\u200b",
        "a\u0301",
        "\u2028",
        "null",
    ),
    *([], {}, [None], [[]], {"a": None}, {"a": 1}, ["a"], [1, "a"]),
)
"""JSON of every kind, mostly of the wrong one."""


@dataclass(frozen=True)
class Values:
    """What belongs into a field, and its neighbours that do not."""

    good: tuple[Any, ...]
    near: tuple[Any, ...]


def _name(longest: int) -> Values:
    return Values(
        good=("checkout", "a", "0", "a-b", "a--b", "a" * longest, "0-" * (longest // 2) + "0"),
        near=(
            "a" * (longest + 1),
            "A",
            "-a",
            "a-",
            "a_b",
            ".a",
            "a.",
            "a..b",
            "a.-b",
            "a b",
            "a\n",
            "a/b",
            "\u00e9",
            "\u00e9" * longest,
        ),
    )


def _whole(low: int, high: int) -> Values:
    return Values(
        good=(low, high, float(low), float(high), low + 1),
        near=(low - 1, high + 1, str(low), low + 0.5, high + 0.5, float(high + 1), -low),
    )


_SLA_TIME = Values(
    good=("0s", "2m", "4h", "14d", "1h30m", "365d", "52w1d", "8760h", "0w0d"),
    near=("s", "-1s", "1.5h", "1y", "1ms", "30m1h", "1s1s", "1 s", "1s\n", "\u0661s", "5", "366d", "365d1s", "52w2d"),
)
_URL = Values(
    good=("https://a", "http://example.com/x?y=z#w", "https://[::1]:1/", "http://" + "a" * 2041),
    near=(
        *("http://" + "a" * 2042, "https://", "http:/a", "ftp://a", "https://a b", "https://\u00e9", "HTTPS://a", "a"),
        *("https://a\u00a0b", "http://a\x0b", "http://a\n", "http://a\x7f"),
    ),
)

_TRUTH = Values(good=(True, False), near=(0, 1, "true", "false", "yes"))
_SELECTOR = Values(
    good=("x_total", 'x{a="b"}', "a:b{}", 'x{a=~"[}]{2}"}', "x{" + "a" * 508 + "}"),
    near=(
        "rate(x[5m])",
        "x[5m]",
        "x + y",
        "{}",
        "9x",
        "x{",
        "x}",
        "",
        "x ",
        "x{\n}",
        "x{" + "a" * 510 + "}",
        "x offset 1m",
    ),
)
_EXPRESSION = Values(
    good=("x", "rate(x[2m])", "x\n  > bool 3", "\u00e9", "(", "x" * 1024), near=("", " x", "\nx", "\tx", "x" * 1025)
)

FIELDS: dict[Path, Values] = {
    ("target", "name"): Values(
        good=("a.b", "a" * 63 + "." + "b" * 63, *_name(253).good),
        near=tuple(value for value in _name(253).near if value != "a.b"),
    ),
    ("target", "container"): Values(_name(63).good, (*_name(63).near, "a.b")),
    ("tier",): Values(
        good=("L1", "a", "A.b_c-9", "x" * 63, "9"),
        near=("-L1", "L1-", "x" * 64, "L 1", "\u00e9", "L/1", ".", "L1\n", "_"),
    ),
    ("objectives", 0, "name"): Values(_name(63).good, (*_name(63).near, "a.b")),
    ("objectives", 0, "description"): Values(
        good=("Paying works.", "", "\u00e9" * 512, "\U0001f9ab" * 512, "\x00", "a\nb"), near=("x" * 513, "\u00e9" * 513)
    ),
    ("objectives", 0, "target"): Values(
        good=(
            *(99.9, 50, 1, 99, 1e-6, 99.999999, 99.9999999999, 1e-9, 1.0, 50.1234567),
            *("99.9", "99.95%", "1", "0.000001", "99.999999", "0.1%", "10", "0.010", "50.500000%"),
        ),
        near=(
            *(0, 100, -1, 101, 100.5, 0.0, -0.0, 100.0, -99.9, 1e20),
            *("0", "0.0", "00", "100", "99.9999999", "0.0000001", "09.5", "99.", ".5", "99,9", "1e1", "99.9%%", "%"),
            *(
                " 99",
                "99.9 ",
                "99.9\n",
                "NaN",
                "Infinity",
                "\u0669\u0669",
                "9\u0669",
                "0.000000%",
                "-1",
                "+99",
                "100%",
                "1_0",
            ),
        ),
    ),
    ("objectives", 0, "window"): Values(
        good=(
            *("30d", "1h", "60m", "3600s", "90d", "2160h", "12w", "12w6d", "1d12h", "89d23h59m59s", "0w1d", "0030d"),
            *("7776000s", "Day", "Week", "Month", "Quarter", "Year", "1h0m0s", "0d1h"),
        ),
        near=(
            *(
                "59m",
                "59m59s",
                "3599s",
                "7776001s",
                "2160h1s",
                "13w",
                "12w6d1s",
                "12w7d",
                "90d1s",
                "0d",
                "d",
                "30",
                "30D",
            ),
            *(
                "month",
                "1h1d",
                "1d1d",
                "1.5d",
                "-1d",
                "30d ",
                " 30d",
                "30d\n",
                "1y",
                "100ms",
                "99999999999d",
                "9999999w",
            ),
            *("\u06630d", "1h30", "Months", "9999999w9999999d9999999h", "1h\x00"),
        ),
    ),
    ("objectives", 0, "timeZone"): Values(
        good=(
            "UTC",
            "Pacific/Auckland",
            "America/Argentina/Buenos_Aires",
            "Etc/GMT+12",
            "Mars/Olympus",
            "A" * 64,
            "GMT+1",
        ),
        near=(
            "+02:00",
            "A" * 65,
            "a/b/c/d",
            "/UTC",
            "UTC/",
            "UTC\n",
            "Europe/Berlin ",
            "Z\u00fcrich",
            "Etc//GMT",
            "1A",
        ),
    ),
    ("objectives", 0, "minEvents"): _whole(1, 1_000_000_000),
    ("objectives", 0, "http", "metric"): Values(
        good=("http_requests_total", "a", "job:x:rate5m", "_x", ":", "A9", "a" * 128),
        near=("a" * 129, "9a", "a-b", "a{b}", "sum(x)", "a b", "\u00e9", "a\n", "a."),
    ),
    ("objectives", 0, "http", "statusLabel"): Values(
        good=("code", "_", "Code9", "a" * 64, "__x"), near=("a" * 65, "9a", "a-b", "a:b", "\u00e9", "a\n", "a b")
    ),
    ("objectives", 0, "http", "errors", 0): Values(
        good=("5xx", "429", 429, 500, "100", "599", 100, 599, "1xx", 404.0),
        near=("6xx", "0xx", "099", "600", 99, 600, "5XX", "5x", "50", "5000", -500, 500.5, "xx5", "\u0665xx", "4xx "),
    ),
    ("objectives", 0, "http", "faster"): Values(
        good=(
            *(
                "300ms",
                "1us",
                "1\u00b5s",
                "1h",
                "60m",
                "3600s",
                "0.001ms",
                "1h0s",
                "59m59s999ms999us",
                "0.5s",
                "3599.999s",
            ),
            *("1.5us", "1s1s", "1ms0h1us", "0h1us", "0.5h0.5h"),
        ),
        near=(
            *("0ms", "0.999us", "0.6us", "60m1us", "3600.001s", "1.001h", "2h", "1h0.001us", "9999999m9999999m", "0h"),
            *(
                "-5ms",
                "300",
                "ms",
                "1d",
                "1e3ms",
                "300 ms",
                "1.ms",
                ".5s",
                "0.0001ms",
                "1ns",
                "1\u03bcs",
                "1h1h",
                "1s\n",
            ),
            *("00000001s", "inf", "0us0us0us0us", "1s1s1s1s1s", "+1s", "\u0661s"),
        ),
    ),
    ("objectives", 0, "http", "labels", "handler"): Values(
        good=("/v1/pay", "", "x" * 256, "\u00e9" * 256, '"', "a\nb", "\x00"), near=("x" * 257, "\u00e9" * 257)
    ),
    ("objectives", 0, "alerting", "page"): _TRUTH,
    ("objectives", 0, "alerting", "ticket"): _TRUTH,
    ("maintenance", 0, "name"): Values(_name(63).good, (*_name(63).near, "a.b")),
    ("maintenance", 0, "start"): Values(
        good=("2026-01-04T02:00:00", "2000-02-29T00:00:00", "2099-12-31T23:59:59", "2024-02-29T12:34:56"),
        near=(
            *("2026-02-29T02:00:00", "2100-01-01T00:00:00", "1999-01-01T00:00:00", "2026-04-31T02:00:00"),
            *("2026-01-04T24:00:00", "2026-01-04T02:60:00", "2026-01-04T02:00:60", "2026-13-01T02:00:00"),
            *("2026-01-04 02:00:00", "2026-01-04T02:00", "2026-01-04", "2026-01-04T02:00:00.5", "2026-1-4T02:00:00"),
            *("2026-01-04T02:00:00z", "2026-01-04t02:00:00", "2026-01-04T02:00:00+1:00", "2026-01-04T02:00:00+15:00"),
            *("2026-01-04T02:00:00\n", "\u0662026-01-04T02:00:00"),
        ),
    ),
    ("maintenance", 0, "timeZone"): Values(
        good=("UTC", "Pacific/Auckland", "Mars/Olympus"), near=("+02:00", "A" * 65, "a/b/c/d", "UTC\n", "")
    ),
    ("maintenance", 0, "duration"): Values(
        good=("1m", "60s", "1h30m", "7d", "1w", "168h", "6d23h59m59s"),
        near=("59s", "0m", "7d1s", "8d", "1w1s", "30m1h", "1.5h", "-1m", "1", "m", "1y", "100ms", "1h\n"),
    ),
    ("maintenance", 0, "rule"): Values(
        good=(
            *(
                "FREQ=DAILY",
                "FREQ=HOURLY;INTERVAL=2;UNTIL=20300101",
                "BYDAY=SU;FREQ=WEEKLY",
                "FREQ=YEARLY;BYWEEKNO=-53",
            ),
            *("FREQ=MONTHLY;BYDAY=1SU,-1MO,+2TU;BYHOUR=0,23;BYMINUTE=59", "FREQ=YEARLY;BYYEARDAY=366,-1;WKST=SU"),
            *("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1;COUNT=999", "FREQ=DAILY;UNTIL=20280229T235959Z;BYMONTH=2,12"),
            *("FREQ=DAILY;BYHOUR=02;INTERVAL=999", "FREQ=MONTHLY;BYMONTHDAY=-31,31", "FREQ=HOURLY;BYDAY=SA,SU"),
        ),
        near=(
            *("FREQ=MINUTELY", "FREQ=SECONDLY", "freq=daily", "RRULE:FREQ=DAILY", "FREQ=DAILY;", ";FREQ=DAILY"),
            *("BYDAY=SU", "INTERVAL=1", "FREQ=DAILY;FREQ=WEEKLY", "FREQ=DAILY;BYHOUR=1;BYHOUR=2", "FREQ=", "FREQ"),
            *("FREQ=DAILY;COUNT=3;UNTIL=20300101", "UNTIL=20300101;COUNT=3;FREQ=DAILY", "FREQ=DAILY;COUNT=0"),
            *("FREQ=HOURLY;BYHOUR=3", "BYHOUR=3;FREQ=HOURLY", "FREQ=HOURLY;COUNT=5", "COUNT=5;WKST=MO;FREQ=HOURLY"),
            *("FREQ=WEEKLY;BYDAY=1SU", "BYDAY=MO,-1SU;FREQ=DAILY", "FREQ=HOURLY;WKST=MO;BYDAY=2SU", "FREQ=DAILY\n"),
            *(
                "FREQ=DAILY;DTSTART=20260101T000000Z",
                "FREQ=DAILY;EXDATE=20260101",
                "FREQ=DAILY;BYSECOND=0",
                "FREQ=DAILY ",
            ),
            *("FREQ=DAILY;BYMINUTE=0,30", "FREQ=DAILY;BYHOUR=24", "FREQ=DAILY;BYMONTH=13", "FREQ=DAILY;BYMONTHDAY=32"),
            *("FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=1000", "FREQ=DAILY;UNTIL=20270229", "FREQ=DAILY;BYDAY=XX"),
            *(
                "FREQ=YEARLY;BYYEARDAY=367",
                "FREQ=YEARLY;BYWEEKNO=0",
                "FREQ=MONTHLY;BYSETPOS=0",
                "FREQ=DAILY;BYEASTER=0",
            ),
            "FREQ=DAILY;BYMONTHDAY=" + ",".join(["1"] * 150),
        ),
    ),
    ("maintenance", 0, "except", 0): Values(
        good=("2026-12-27", "2024-02-29"),
        near=("2026-02-29", "27.12.2026", "2026-12-27T00:00:00", "20261227", "2026-12-27\n"),
    ),
    ("maintenanceFrom", "configMap"): Values(
        good=("calendar", "a.b", *_name(253).good), near=tuple(value for value in _name(253).near if value != "a.b")
    ),
    ("alerting", "labels", "team"): Values(
        good=("pay", "", "x" * 256, "{{ $value }}", "\u00e9" * 256), near=("x" * 257,)
    ),
    ("alerting", "annotations", "chat"): Values(
        good=("#pay", "", "x" * 1024, '{{ query "up" }}', "a\nb"), near=("x" * 1025,)
    ),
    ("alerting", "runbook"): _URL,
    ("alerting", "dashboard"): _URL,
    ("alerting", "page"): _TRUTH,
    ("alerting", "ticket"): _TRUTH,
    ("alerting", "noData"): _TRUTH,
    ("objectives", 0, "tier"): Values(good=("L1", "a"), near=("-L1", "x" * 64, "L 1")),
    ("objectives", 0, "slices", "length"): Values(
        good=("1m", "60s", "5m", "1h", "1m0s", "0h2m"), near=("9s", "61m", "0s", "1h1m", "60")
    ),
    ("objectives", 0, "slices", "good"): Values(
        good=(99.5, 50, 1e-6, 99.9999999999, 1e-9, 99.0), near=(0, 100, "99.5", "99.5%", -1, 100.5, 0.0, 1e20)
    ),
    ("objectives", 0, "http", "routeLabel"): Values(
        good=("path", "_", "a" * 64), near=("a" * 65, "9a", "a-b", "a:b", "a\n")
    ),
    ("objectives", 0, "http", "routes", 0): Values(
        good=("/v1/pay", "GET:/{id}", "!", "~" * 128), near=("", "/a b", "x" * 129, "/\u00e9", "/a\n")
    ),
    ("objectives", 1, "grpc", "metric"): Values(good=("calls_total", ":"), near=("a{b}", "a.", "a" * 129)),
    ("objectives", 1, "grpc", "codeLabel"): Values(good=("grpc_code", "_"), near=("a-b", "a" * 65, "")),
    ("objectives", 1, "grpc", "methods", 0): Values(
        good=("shop.Cart/Add", "a/b", "_/_", "a" * 126 + "/b"),
        near=("Add", "/a/b", "a/", "a/b/c", "a b/c", "1/b", "a/b.c", "a" * 127 + "/b", "a/b\n"),
    ),
    ("objectives", 1, "grpc", "errors", 0): Values(
        good=("Internal", "Unavailable", "Canceled", "Unauthenticated"),
        near=("OK", "Ok", "INTERNAL", "internal", "13", 13, "DeadlineExceeded ", "Internal\n", "Cancelled"),
    ),
    ("objectives", 1, "grpc", "faster"): Values(good=("100ms", "1h"), near=("0ms", "2h", "100")),
    ("objectives", 1, "grpc", "labels", "grpc_type"): Values(good=("unary", ""), near=("x" * 257,)),
    ("objectives", 2, "ratio", "bad"): _SELECTOR,
    ("objectives", 2, "ratio", "total"): _SELECTOR,
    ("objectives", 3, "saturation", "gauge"): _EXPRESSION,
    ("objectives", 3, "saturation", "below"): Values(
        good=(
            *("0.8", "80%", "512Mi", "300ms", "700us", "700\u00b5s", "1.5h", "2s", "5k", "1.5G", "0", "0.000000001"),
            *(0, 1, 3.0, 10**15 - 1, "9" * 15, "100000%"),
        ),
        near=(
            *("-1", ".8", "0.8 ", "80 %", "512MB", "512MiB", "1m", "5d", "1e3", "0.0000000001", "9" * 16, "", "%"),
            *(-1, 0.8, 10**15, "1s1ms", "\u0661", "1\n", "1KB", "1K"),
        ),
    ),
    ("objectives", 4, "leak", "of"): Values(good=("Memory", "Goroutines"), near=("memory", "Threads", "", "Memory\n")),
    ("objectives", 4, "leak", "atMost"): Values(
        good=(0, 100, "100", 10**15 - 1, 100.0, "0.5", "10Mi"), near=(-1, "80%", "1s", "1MB", 1.5, 10**15, "-1", "")
    ),
    ("objectives", 4, "leak", "over"): Values(
        good=("10m", "6h", "1d", "600s"), near=("9m", "1d1s", "599s", "6", "1h6d")
    ),
    ("objectives", 5, "freshness", "timestamp"): _SELECTOR,
    ("objectives", 5, "freshness", "within"): Values(
        good=("1s", "2m", "90d", "1d2h"), near=("0s", "90d1s", "500ms", "2", "1h1d")
    ),
    ("objectives", 6, "throughput", "counter"): _SELECTOR,
    ("objectives", 6, "throughput", "atLeast"): Values(
        good=("186300", "0.5", "10Mi", "1.5k", 0, 1000), near=("80%", "1s", "-1", 0.5, "1MB", "")
    ),
    ("objectives", 6, "throughput", "whileAskedFor"): _EXPRESSION,
    ("objectives", 7, "spread", "histogram"): _SELECTOR,
    ("objectives", 7, "spread", "within"): Values(good=("700us", "0.7", 1), near=("700 us", "1m", -1)),
    ("objectives", 7, "spread", "from"): Values(good=(1, 50, 98, 98.0), near=(0, 100, "50", 50.5, -1)),
    ("objectives", 7, "spread", "to"): Values(good=(51, 99, 60.0), near=(0, 100, 99.5, "99")),
    ("objectives", 8, "boolean", "holds"): _EXPRESSION,
    ("objectives", 8, "slices", "length"): Values(
        good=("10s", "30s", "90s", "1m", "1h", "59m59s"), near=("9s", "1h1s", "0s", "500ms", "1d")
    ),
    ("runtime", "gogc"): Values(
        good=(10, 10_000, "10", "10000", "off", 200, "00200", 1e2, "00010"),
        near=(
            9,
            10_001,
            "9",
            "10001",
            "OFF",
            "Off",
            "0",
            "99999",
            "100000",
            "000200",
            "-10",
            "1e2",
            10.5,
            "\u0661\u0660",
            "10%",
            "off ",
            "off\n",
        ),
    ),
    ("runtime", "memoryLimit"): Values(
        good=(
            *(
                "460Mi",
                "460MiB",
                "8Mi",
                "8388608",
                8388608,
                "0.5Gi",
                "1Gi",
                "1G",
                "8388.608k",
                2**53 - 1,
                str(2**53 - 1),
            ),
            *("8191.999Ti", "8192Ki", "8388608.999", 1e9, "0000000000000008Mi", "9007.199T"),
        ),
        near=(
            *(
                "8388607",
                8388607,
                "8388607.999",
                "7.999Mi",
                2**53,
                str(2**53),
                "8192Ti",
                "8191.9999Ti",
                "460MB",
                "512m",
            ),
            *(
                "1gi",
                "1Pi",
                "1e9",
                "0",
                "-1Gi",
                "Mi",
                "1 Gi",
                ".5Gi",
                "1.Gi",
                "9999999999999999Ti",
                "1KB",
                "8191Ki",
                8388608.5,
            ),
            *("00000000000000008Mi", "1Gi\n", "\u0661Gi", "8388608B", "9007.2T", -8388608, "1GiBB", "1K"),
        ),
    ),
    ("runtime", "maxProcs"): _whole(1, 1024),
    ("runtime", "env", "GODEBUG"): Values(
        good=("madvdontneed=1", "", "x" * 512, "~", " "),
        near=("x" * 513, "\n", "a\tb", "\x00", "\x7f", "\u00e9", "a\n"),
    ),
    ("runtime", "takeOver"): _TRUTH,
    ("autoscaling", "minReplicas"): _whole(1, 10_000),
    ("autoscaling", "maxReplicas"): _whole(1, 10_000),
    ("autoscaling", "cpu"): _whole(1, 1000),
    ("sla", "country"): Values(
        good=("NZ", "CN-HK", "AE-DU", "GB-1", "US-XYZ"),
        near=("nz", "N", "NZL", "CN_HK", "CN-", "CN-HKGX", "NO ", "NZ\n"),
    ),
    ("sla", "rto"): _SLA_TIME,
    ("sla", "rpo"): _SLA_TIME,
    ("sla", "compensation"): Values(good=("A tenth.", "x" * 1024, ""), near=("x" * 1025,)),
    ("sla", "document"): _URL,
    ("sla", "ci"): _URL,
}

RUNTIME_VARIABLES = ("GODEBUG", "GOTRACEBACK", "GORACE")
_ALERT_NAMES = ("team", "_x", "A9", "a" * 64)
_NO_ALERT_NAMES = ("", "a-b", "__x", "9a", "a" * 65, "\u00e9", "a.b", "a\n")
_SERIES_LABELS = Values(
    good=("handler", "route", "_x", "a" * 64, "job", "pod", "Namespace", "_"),
    near=("", "a-b", "__name__", "__", "namespace", "le", "a" * 65, "\u00e9", "9", "a.b", "le ", "a\n"),
)
KEYS: dict[tuple[str, ...], Values] = {
    ("http", "labels"): _SERIES_LABELS,
    ("grpc", "labels"): _SERIES_LABELS,
    ("alerting", "labels"): Values(
        good=(*_ALERT_NAMES, "summary", "le"),
        near=(
            *(*_NO_ALERT_NAMES, "namespace", "goslo", "objective", "tier", "severity", "alertname", "alertstate"),
            "window",
        ),
    ),
    ("alerting", "annotations"): Values(
        good=(*_ALERT_NAMES, "severity"),
        near=(*_NO_ALERT_NAMES, "summary", "description", "runbook_url", "dashboard_url"),
    ),
    ("runtime", "env"): Values(good=RUNTIME_VARIABLES, near=("GOGC", "GOMEMLIMIT", "PATH", "", "godebug", "GORACE ")),
}
"""What names the entries of each map, by the two last parts of its place."""

UNKNOWN_FIELDS = ("foo", "Name", "min_replicas", "minreplicas", "time_zone", "", "x-y", "name ", "goGC", "memory_limit")

RESOURCE_NAMES = Values(
    good=("checkout", "a", "0", "a" * 63, "a.b", "a-b.c-d"),
    near=(
        "a" * 64,
        "a" * 253,
        "a" * 254,
        "a..b",
        "A",
        "-a",
        "a-",
        "",
        "a_b",
        "\u00e9",
        "a b",
        "a.-b",
        "a\n",
        7,
        None,
        True,
        [],
    ),
)

EVERYTHING: dict[str, Any] = {
    "target": {"name": "checkout", "container": "app"},
    "tier": "L1",
    "objectives": [
        {
            "name": "availability",
            "description": "Paying works.",
            "target": 99.9,
            "window": "Month",
            "timeZone": "UTC",
            "minEvents": 1000,
            "tier": "L1",
            "slices": {"length": "1m", "good": 99.5},
            "http": {
                "metric": "http_requests_total",
                "statusLabel": "code",
                "routes": ["/v1/pay"],
                "routeLabel": "path",
                "errors": ["5xx"],
                "labels": {"handler": "/v1/pay"},
                "faster": "300ms",
            },
            "alerting": {"page": True, "ticket": False},
        },
        {
            "name": "rpc",
            "target": 99.9,
            "grpc": {
                "metric": "grpc_server_handled_total",
                "codeLabel": "grpc_code",
                "methods": ["shop.Cart/Add"],
                "errors": ["Internal"],
                "faster": "100ms",
                "labels": {"grpc_type": "unary"},
            },
        },
        {"name": "mismatches", "target": 99.9, "ratio": {"bad": "sync_mismatches_total", "total": "sync_files_total"}},
        {"name": "cpu", "target": 99, "saturation": {"gauge": "rate(process_cpu_seconds_total[2m])", "below": "0.8"}},
        {"name": "leak", "target": 99, "leak": {"of": "Memory", "atMost": 100, "over": "6h"}},
        {"name": "fresh", "target": 99, "freshness": {"timestamp": "synced_timestamp_seconds", "within": "2m"}},
        {
            "name": "flow",
            "target": 99,
            "throughput": {"counter": "messages_total", "atLeast": "186300", "whileAskedFor": "queue_length > 0"},
        },
        {
            "name": "jitter",
            "target": 99,
            "spread": {"histogram": "point_latency_seconds", "within": "700us", "from": 50, "to": 99},
        },
        {"name": "up", "target": 99, "slices": {"length": "30s"}, "boolean": {"holds": "cluster_healthy"}},
    ],
    "maintenance": [
        {
            "name": "sunday",
            "start": "2026-01-04T02:00:00",
            "timeZone": "Europe/Berlin",
            "duration": "1h",
            "rule": "FREQ=WEEKLY;BYDAY=SU",
            "except": ["2026-12-27"],
        }
    ],
    "maintenanceFrom": {"configMap": "calendar"},
    "alerting": {
        "labels": {"team": "pay"},
        "annotations": {"chat": "#pay"},
        "runbook": "https://example.com/runbooks/checkout",
        "dashboard": "https://example.com/d/checkout",
        "page": True,
        "ticket": True,
        "noData": True,
    },
    "runtime": {
        "gogc": 200,
        "memoryLimit": "460Mi",
        "maxProcs": 2,
        "env": {"GODEBUG": "madvdontneed=1"},
        "takeOver": False,
    },
    "autoscaling": {"minReplicas": 1, "maxReplicas": 10_000, "cpu": 70},
    "sla": {
        "country": "NZ",
        "rto": "2m",
        "rpo": "0s",
        "compensation": "A tenth.",
        "document": "https://example.com/sla.pdf",
        "ci": "https://example.com/ci",
    },
}
"""A spec that leaves no field out, into which single values are put."""
