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
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PATH = "/apis/monitoring.coreos.com/v1/prometheusrules"
_ACCEPT = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_SECONDS = 6 * 3600


def watch(url: str, authority: str, certificate: str, key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Every event with the instant at which it was read, for ever.

    The API server ends a watch that is read too slowly, as on a busy machine; it is gone on with where it ended.
    """
    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(certificate, key)
    where, version = urlsplit(url), ""
    while True:
        connection = http.client.HTTPSConnection(where.hostname or "", where.port, context=context)
        path = f"{PATH}?watch=1&timeoutSeconds={_SECONDS}&resourceVersion={version}"
        connection.request("GET", path, headers={"Accept": _ACCEPT})
        with closing(connection), connection.getresponse() as answer:
            if answer.status != http.HTTPStatus.OK:
                raise SystemExit(f"{answer.status} {answer.read()[:2000]!r}")
            for line in answer:
                seen, event = time.monotonic_ns(), json.loads(line)
                if event["type"] == "ERROR":
                    raise SystemExit(f"the watch cannot be gone on with: {event['object']}")
                version = event["object"]["metadata"]["resourceVersion"]
                yield seen, event


def owner(metadata: Mapping[str, Any]) -> str:
    """The resource that a rule was made for: its owner, else the one of its own name."""
    references = metadata.get("ownerReferences") or [{"name": metadata["name"]}]
    return str(references[0]["name"])


def main(arguments: list[str]) -> int:
    """Write down changes until the process is ended."""
    url, authority, certificate, key, file = arguments
    with Path(file).open("w") as out:
        for seen, event in watch(url, authority, certificate, key):
            if event["type"] in ("ADDED", "MODIFIED"):
                metadata = event["object"]["metadata"]
                print(seen, metadata["namespace"], owner(metadata), metadata["generation"], file=out, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
