"""Prometheus' remote-write protocol, version 1, as far as tests need it: samples and staleness markers into any source.

https://prometheus.io/docs/specs/prw/remote_write_spec/: a protobuf message, packed by snappy's block format. Snappy may
leave everything as it is, which is what this does.
"""

import re
import struct
from collections.abc import Iterable, Mapping

import requests

STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
"""The NaN that marks the end of a series; it survives `struct` because no arithmetic touches it."""
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
_MOST_SAMPLES = 2000

Samples = Mapping[int, float]
"""Values by milliseconds since the epoch."""


def labels_of(series: str) -> dict[str, str]:
    """The labels of a series as Prometheus writes it, its name among them."""
    name, _, rest = series.partition("{")
    labels = {label: value.replace(r"\"", '"').replace(r"\\", "\\") for label, value in _LABEL.findall(rest)}
    return {"__name__": name, **labels} if name else labels


def push(
    url: str, series: Iterable[tuple[Mapping[str, str], Samples]], headers: Mapping[str, str] | None = None
) -> None:
    """Write these series to the remote-write endpoint at `url`, each in the order of time."""
    batch: list[bytes] = []
    count = 0
    for labels, samples in series:
        ordered = sorted(samples.items())
        for start in range(0, len(ordered), _MOST_SAMPLES):
            batch.append(_series(labels, ordered[start : start + _MOST_SAMPLES]))
            count += len(ordered[start : start + _MOST_SAMPLES])
            if count >= _MOST_SAMPLES:
                _send(url, batch, headers)
                batch, count = [], 0
    if batch:
        _send(url, batch, headers)


def _send(url: str, batch: list[bytes], headers: Mapping[str, str] | None) -> None:
    body = _stored(b"".join(_field(1, one) for one in batch))
    sent = {
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
        **(headers or {}),
    }
    answer = requests.post(url, data=body, headers=sent, timeout=30)
    assert answer.status_code < 300, f"{answer.status_code} {answer.text[:500]}"


def _series(labels: Mapping[str, str], samples: list[tuple[int, float]]) -> bytes:
    names = b"".join(
        _field(1, _field(1, name.encode()) + _field(2, value.encode())) for name, value in sorted(labels.items())
    )
    values = b"".join(_field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(at)) for at, value in samples)
    return names + values


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _stored(raw: bytes) -> bytes:
    """Snappy's block format with nothing but literals."""
    out = bytearray(_varint(len(raw)))
    for start in range(0, len(raw), 65536):
        part = raw[start : start + 65536]
        out += b"\xf4" + struct.pack("<H", len(part) - 1) + part
    return bytes(out)
