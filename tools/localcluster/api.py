"""The few calls to an API server that bringing up a cluster takes, with nothing but the standard library."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FIELD_MANAGER = "goslo-localcluster"


class ApiRefused(RuntimeError):
    """The API server answered with an error status."""

    def __init__(self, status: int, request: str, body: str) -> None:
        super().__init__(f"{request}: {status}: {body[:2000]}")
        self.status = status


@dataclass(frozen=True)
class Api:
    """A server and the client certificate to call it with. Connections are made for each call."""

    url: str
    authority: Path
    certificate: Path
    key: Path

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
        seconds: float = 10,
    ) -> bytes:
        """One request; raises ``OSError`` if there is no answer, ``ApiRefused`` if it is an error."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.load_cert_chain(self.certificate, self.key)
        where = urlsplit(self.url)
        connection = http.client.HTTPSConnection(where.hostname or "", where.port, timeout=seconds, context=context)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"Content-Type": content_type, "Accept": "application/json"})
            response = connection.getresponse()
            answer = response.read()
        except http.client.HTTPException as broken:
            raise ConnectionError(f"{method} {path}: {broken!r}") from broken
        finally:
            connection.close()
        if response.status >= 400:
            raise ApiRefused(response.status, f"{method} {path}", answer.decode(errors="replace"))
        return answer

    def get(self, path: str) -> Any:
        """The decoded JSON at a path."""
        return json.loads(self.call("GET", path))

    def apply(self, path: str, item: dict[str, Any]) -> None:
        """Server-side apply of one object at its path, taking over fields that others set."""
        query = f"?fieldManager={FIELD_MANAGER}&force=true"
        self.call("PATCH", path + query, item, content_type="application/apply-patch+yaml")
