"""Where a source of measurements or a ruler is, and how to authenticate: by files, read anew for each request."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth


@dataclass(frozen=True, slots=True)
class PrometheusAccess:
    """Anything that speaks the Prometheus query API, or a ruler's. Paths name files whose content may be rotated."""

    url: str
    """Of a source up to, not including, `/api/v1`; of a ruler up to, not including, a namespace. User and password in
    it are taken out and used for basic authentication."""
    ca_file: Path | None = None
    insecure: bool = False
    client_certificate_file: Path | None = None
    client_key_file: Path | None = None
    bearer_token_file: Path | None = None
    username_file: Path | None = None
    password_file: Path | None = None
    header_dir: Path | None = None
    """Every file in it is a header: named as the file, such as `X-Scope-OrgID`, with its content as the value."""

    @property
    def base_url(self) -> str:
        """The URL without credentials, fit to be shown."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))

    def tls_files(self) -> tuple[Path, ...]:
        """The files that a connection is made with, as they were when it was."""
        files = (self.ca_file, self.client_certificate_file, self.client_key_file)
        return tuple(path for path in files if path is not None)

    def verify(self) -> bool | str:
        """What `requests` should verify the server's certificate against."""
        if self.insecure:
            return False
        return str(self.ca_file) if self.ca_file is not None else True

    def certificate(self) -> tuple[str, str] | str | None:
        """The client certificate, as `requests` wants it."""
        if self.client_certificate_file is None:
            return None
        if self.client_key_file is None:
            return str(self.client_certificate_file)
        return str(self.client_certificate_file), str(self.client_key_file)


class FileAuth(AuthBase):
    """Sets authentication and headers from files at each request, so that a rotated secret needs no restart.

    Raises OSError where a file cannot be read.
    """

    def __init__(self, access: PrometheusAccess) -> None:
        self._access = access
        parts = urlsplit(access.url)
        self._url_credentials = (parts.username, parts.password or "") if parts.username else None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        access = self._access
        for path in _header_files(access.header_dir):
            request.headers[path.name] = _content(path)
        if access.bearer_token_file is not None:
            request.headers["Authorization"] = f"Bearer {_content(access.bearer_token_file)}"
        elif access.username_file is not None:
            password = _content(access.password_file) if access.password_file is not None else ""
            HTTPBasicAuth(_content(access.username_file).encode(), password.encode())(request)
        elif self._url_credentials is not None:
            user, password = self._url_credentials
            HTTPBasicAuth(user.encode(), password.encode())(request)
        return request


def _header_files(directory: Path | None) -> list[Path]:
    """A mounted Secret's keys; what starts with a dot is the kubelet's own (`..data`)."""
    if directory is None:
        return []
    return sorted(path for path in directory.iterdir() if not path.name.startswith("."))


def _content(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()
