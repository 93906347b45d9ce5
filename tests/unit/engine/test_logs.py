"""Log lines name the object that they speak of; kopf's are tamed."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from goserviceslo.engine.config import LogFormat
from goserviceslo.engine.logs import set_up


@pytest.fixture
def untouched() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def logged(log_format: LogFormat, level: str = "info") -> str:
    stream = io.StringIO()
    set_up(log_format, level, stream)
    logging.getLogger("goserviceslo.engine").info("done in %d s", 3, extra={"key": "shop/checkout"})
    logging.getLogger("goserviceslo.engine").debug("too much")
    try:
        raise ValueError("boom")
    except ValueError:
        logging.getLogger("kopf._core").exception("Request attempt failed")
        logging.getLogger("goserviceslo.engine").exception("reconciling failed", extra={"key": "shop/bad"})
    logging.getLogger("kopf.objects").info("Handler succeeded")
    logging.getLogger("kopf._core").warning("OS signals are ignored: running not in the main thread.")
    return stream.getvalue()


@pytest.mark.usefixtures("untouched")
def test_json_lines_carry_namespace_and_name() -> None:
    first, kopfs, failed = [json.loads(line) for line in logged(LogFormat.JSON).splitlines()]
    assert (first["message"], first["namespace"], first["name"], first["level"]) == (
        "done in 3 s",
        "shop",
        "checkout",
        "info",
    )
    assert (kopfs["level"], kopfs["message"]) == ("warning", "Request attempt failed")
    assert "exception" not in kopfs
    assert "ValueError: boom" in failed["exception"]


@pytest.mark.usefixtures("untouched")
def test_text_lines_are_for_people() -> None:
    text = logged(LogFormat.TEXT)
    assert "info    [shop/checkout] done in 3 s" in text
    assert "ValueError: boom" in text
    assert "Handler succeeded" not in text


@pytest.mark.usefixtures("untouched")
def test_whole_objects_of_libraries_stay_out_of_the_log_at_any_level() -> None:
    stream = io.StringIO()
    set_up(LogFormat.TEXT, "debug", stream)
    for name in ("kopf.objects", "urllib3.connectionpool", "aiohttp.access"):
        logging.getLogger(name).debug("a secret")
    assert stream.getvalue() == ""


@pytest.mark.usefixtures("untouched")
def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        set_up(LogFormat.TEXT, "loud")
