"""A real Prometheus on loopback that answers from given series and scrapes nothing."""

import http.client
import json
import subprocess
import urllib.parse
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from goserviceslo.ports import Json
from localcluster import addresses, binaries
from localcluster.component import Component
from localcluster.waiting import until


@dataclass(frozen=True)
class Answers:
    """Asks over one connection."""

    connection: http.client.HTTPConnection
    url: str

    def ask(self, expression: str, at: int) -> Json:
        """The API's answer to an instant query, an error as well."""
        body = urllib.parse.urlencode({"query": expression, "time": at})
        self.connection.request("POST", "/api/v1/query", body, {"Content-Type": "application/x-www-form-urlencoded"})
        answer: Json = json.loads(self.connection.getresponse().read())
        return answer


@contextmanager
def served(directory: Path, lines: Iterable[str], groups: Sequence[Json] = ()) -> Iterator[Answers]:
    """A server over the samples that the lines of an OpenMetrics text give; it is gone afterwards.

    It evaluates the groups, of now.
    """
    directory.mkdir()
    past = directory / "past.om"
    past.write_text("".join(f"{line}\n" for line in [*lines, "# EOF"]))
    found = binaries.ensure(["promtool", "prometheus"])
    make: list[str | Path] = [
        found["promtool"],
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        "--quiet",
        past,
        directory / "tsdb",
    ]
    subprocess.run(make, check=True, capture_output=True)
    (directory / "rules.json").write_text(json.dumps({"groups": list(groups)}))
    (directory / "prometheus.yml").write_text(json.dumps({"rule_files": ["rules.json"]}))
    (port,) = addresses.free_ports(1)
    arguments = [
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'tsdb'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    process = Component(
        "prometheus",
        lambda: [str(found["prometheus"]), *arguments],
        directory,
        directory / "prometheus.json",
        directory / "prometheus.log",
    )
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    answers = Answers(connection, f"http://127.0.0.1:{port}")
    process.start()
    try:
        until("Prometheus to answer", lambda: _answers(answers), seconds=120, needs=[process])
        yield answers
    finally:
        connection.close()
        process.stop()


def _answers(answers: Answers) -> bool:
    try:
        return bool(answers.ask("vector(1)", 0)["status"] == "success")
    except (OSError, http.client.HTTPException, ValueError):
        answers.connection.close()
        return False
