"""Records when each PrometheusRule is written: a process of its own, so that nothing else delays its clock.

``python -m bench.scale.watcher URL CA CERTIFICATE KEY FILE`` writes a line a change: nanoseconds of the monotonic clock
(which all processes of a Linux machine share), namespace, the owner's name, generation.
"""

import http.client
import json
import ssl
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PATH = "/apis/monitoring.coreos.com/v1/prometheusrules"
_ACCEPT = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_SECONDS = 6 * 3600


def watch(url: str, authority: str, certificate: str, key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Every event with the instant at which it was read. Ends with the connection."""
    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(certificate, key)
    where = urlsplit(url)
    connection = http.client.HTTPSConnection(where.hostname or "", where.port, context=context)
    connection.request("GET", f"{PATH}?watch=1&timeoutSeconds={_SECONDS}", headers={"Accept": _ACCEPT})
    with connection.getresponse() as answer:
        if answer.status != http.HTTPStatus.OK:
            raise SystemExit(f"{answer.status} {answer.read()[:2000]!r}")
        for line in answer:
            yield time.monotonic_ns(), json.loads(line)


def owner(metadata: Mapping[str, Any]) -> str:
    """The resource that a rule was made for: its owner, else the one of its own name."""
    references = metadata.get("ownerReferences") or [{"name": metadata["name"]}]
    return str(references[0]["name"])


def main(arguments: list[str]) -> int:
    """Write down changes until the API server ends the watch, which within a trial it does not."""
    url, authority, certificate, key, file = arguments
    with Path(file).open("w") as out:
        for seen, event in watch(url, authority, certificate, key):
            if event["type"] in ("ADDED", "MODIFIED"):
                metadata = event["object"]["metadata"]
                print(seen, metadata["namespace"], owner(metadata), metadata["generation"], file=out, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
