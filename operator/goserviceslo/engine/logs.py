"""Log lines for machines (JSON) or people (text), each with the object that it speaks of."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from goserviceslo.engine.config import LogFormat

_CHATTY = ("kopf", "aiohttp.access", "asyncio", "urllib3", "prometheus_api_client")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, namespace and name, exception."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_object(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """Time, level, object, message."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        about = "/".join(_object(record).values())
        text = f"{time} {record.levelname.lower():7} {f'[{about}] ' if about else ''}{record.getMessage()}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


class TameKopf(logging.Filter):
    """kopf calls a request that it will try again an error, and its tracebacks say no more than their last line.

    That it takes no signals is as it should be: it runs in a thread.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("kopf"):
            if record.msg.startswith("OS signals are ignored"):
                return False
            record.exc_info = None
            if record.levelno > logging.WARNING:
                record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


def set_up(log_format: LogFormat, level: str, stream: TextIO | None = None) -> None:
    """Send the log to `stream` (default: standard error). Raises ValueError for an unknown level."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format is LogFormat.JSON else TextFormatter())
    handler.addFilter(TameKopf())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _CHATTY:
        # Their debug lines hold whole objects, which may hold anything.
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _object(record: logging.LogRecord) -> dict[str, str]:
    key = getattr(record, "key", None)
    if key is None:
        return {}
    namespace, _, name = str(key).partition("/")
    return {"namespace": namespace, "name": name}
