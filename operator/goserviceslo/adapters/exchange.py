"""One question to an HTTP server and its whole answer: under one deadline, one size, and with files that may change.

`requests` as it comes retries where it should not, follows redirects with our headers, and waits for ever on a server
that drips. What fails here raises Refused, in words fit for a user and without a secret.
"""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from goserviceslo.adapters.prometheus_access import FileAuth, PrometheusAccess
from goserviceslo.ports import Trouble, Unavailable

NO_RETRY = Retry(total=0, read=False, redirect=False)
"""With read=False a read that times out says so, instead of passing for a lost connection."""
_LONGEST_ANSWER_BYTES = 128 * 2**20
_CONNECT_SECONDS = 3.0

FileState = tuple[int, int, int]
"""What tells a file from its next version: inode, time and size."""


class Refused(Exception):
    """No usable answer; carries what is to be said of it, and the HTTP code where that is what speaks against it."""

    def __init__(self, trouble: Trouble, detail: str, code: int | None = None) -> None:
        super().__init__(detail)
        self.unavailable = Unavailable(trouble, detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that came whole, whatever it says."""

    code: int
    raw: bytes
    headers: "requests.structures.CaseInsensitiveDict[str]"


class Exchange:
    """One thread's way to one server; not safe to share. `called` is what sentences call the server."""

    def __init__(
        self, access: PrometheusAccess, called: str, seconds: float, session: requests.Session | None = None
    ) -> None:
        self._access = access
        self._called = called
        self._seconds = seconds
        self._session = session or _session()
        self._auth = FileAuth(access)
        self._tls: list[FileState] | None = None

    def ask(self, method: str, path: str, **what: Any) -> Reply:
        """One request below the server's URL; `what` is as `requests` takes it. Raises Refused."""
        deadline = time.monotonic() + self._seconds
        shown, called = self._access.base_url, self._called
        try:
            self._renew()
            with self._session.request(
                method,
                f"{shown}{path}",
                auth=self._auth,
                verify=self._access.verify(),  # at the session, a bundle of the environment would go before it
                cert=self._access.certificate(),
                timeout=(_CONNECT_SECONDS, self._seconds),
                allow_redirects=False,
                stream=True,
                **what,
            ) as response:
                raw = self._read(response, deadline)
        except (requests.Timeout, TimeoutError) as error:
            detail = f"{called} at {shown} did not answer within {self._seconds:g} s."
            raise Refused(Trouble.TIMED_OUT, detail) from error
        except requests.exceptions.SSLError as error:
            detail = f"The certificate of {shown} was not accepted: check the CA file and the host name."
            raise Refused(Trouble.UNREACHABLE, detail) from error
        except (requests.RequestException, HTTPError) as error:
            detail = f"{called} at {shown} cannot be reached ({_cause(error)}): check the URL and that it runs."
            raise Refused(Trouble.UNREACHABLE, detail) from error
        except OSError as error:
            name = error.filename or "a file"
            detail = f"{name}, which holds credentials for {called}, cannot be read: {error.strerror or 'check it'}."
            raise Refused(Trouble.UNREACHABLE, detail) from error
        self._reject(response)
        return Reply(response.status_code, raw, response.headers)

    def _renew(self) -> None:
        """Let go of connections that were made with certificates which have been replaced since."""
        state = [_state(path) for path in self._access.tls_files()]
        if self._tls is not None and state != self._tls:
            self._session.close()
        self._tls = state

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        while part := response.raw.read1(decode_content=True):
            parts.append(part)
            size += len(part)
            if time.monotonic() > deadline:
                raise TimeoutError
            if size > _LONGEST_ANSWER_BYTES:
                raise Refused(
                    Trouble.BROKEN_ANSWER, f"{self._called} sent more than {_LONGEST_ANSWER_BYTES // 2**20} MiB."
                )
        return b"".join(parts)

    def _reject(self, response: requests.Response) -> None:
        """What means the same whoever says it."""
        code, shown = response.status_code, self._access.base_url
        if code in (401, 403):
            raise Refused(
                Trouble.REFUSED,
                f"{self._called} at {shown} refused with HTTP {code}: check the credentials and their rights.",
            )
        if 300 <= code < 400:
            target = urlsplit(response.headers.get("Location", "")).netloc or "another address"
            raise Refused(
                Trouble.REFUSED, f"{shown} redirects to {target}: write the address of {self._called} itself."
            )


def _session() -> requests.Session:
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=NO_RETRY))
    return session


def _state(path: Any) -> FileState:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


def what_it_is(raw: bytes) -> str:
    """A word for an answer that is not what was asked for."""
    return "a web page" if raw.lstrip()[:1] == b"<" else "nothing" if not raw.strip() else "something else"


def _cause(error: Exception) -> str:
    """What failed, in a word; the exception's own text holds whole URLs and is not shown."""
    text = str(error)
    for sign, word in (
        ("Name or service not known", "the host name is not known"),
        ("NameResolution", "the host name is not known"),
        ("refused", "connection refused"),
        ("unreachable", "no route"),
        ("reset", "connection reset"),
        ("aborted", "connection closed"),
    ):
        if sign in text:
            return word
    return type(error).__name__
