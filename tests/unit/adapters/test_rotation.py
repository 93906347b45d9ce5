"""Secrets that change while the operator runs: the next question is asked with the new ones, and with no other."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.unit.adapters.test_prometheus import reply, vector

from goserviceslo.adapters.clock import SystemClock
from goserviceslo.adapters.prometheus import PrometheusSource
from goserviceslo.adapters.prometheus_access import PrometheusAccess
from goserviceslo.adapters.ruler import Ruler
from goserviceslo.ports import Trouble, Unavailable, Vector
from localcluster.layout import layout
from localcluster.pki import CLUSTER_CA, Certificate, issue


@dataclass(frozen=True)
class Authority:
    """One that vouches for 127.0.0.1, with what a server needs to show it."""

    ca_file: Path
    certificate_file: Path
    key_file: Path


def authority(directory: Path, name: str) -> Authority:
    """A new one."""
    place = layout(name, directory)
    place.pki.mkdir(parents=True)
    issue(place, [Certificate("server", "server", serves=("IP:127.0.0.1",))])
    return Authority(place.certificate(CLUSTER_CA), place.certificate("server"), place.key("server"))


@dataclass
class SecureServer:
    """An HTTPS server on loopback; connections stay open between requests."""

    url: str
    context: ssl.SSLContext
    headers: list[dict[str, str]] = field(default_factory=list)
    """Of each request."""
    connections: set[Any] = field(default_factory=set)
    """Clients' addresses."""

    def show(self, authority: Authority) -> None:
        """New connections get its certificate."""
        self.context.load_cert_chain(authority.certificate_file, authority.key_file)


@contextmanager
def serving_securely(authority: Authority, body: Any) -> Iterator[SecureServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate_file, authority.key_file)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.headers.append(dict(self.headers))
            server.connections.add(self.client_address)
            reply(200, body)(self)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Quiet."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def finish_request(self, request: Any, client_address: Any) -> None:
            try:
                secured = context.wrap_socket(request, server_side=True)
            except OSError:
                return  # a client that does not trust us
            super().finish_request(secured, client_address)

    http = Quiet(("127.0.0.1", 0), Handler)
    server = SecureServer(f"https://127.0.0.1:{http.server_address[1]}", context)
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


@pytest.fixture
def source_of() -> Iterator[Any]:
    """Sources that ask in one thread, so that a connection would be used again; closed in the end."""
    made: list[PrometheusSource] = []

    def make(url: str, **access: Any) -> PrometheusSource:
        made.append(PrometheusSource(PrometheusAccess(url, **access), SystemClock(), timeout_seconds=5.0, threads=1))
        return made[-1]

    yield make
    for source in made:
        source.close()


def swapped(link: Path, target: Path) -> None:
    """As the kubelet does it: a link is put in the place of the one before."""
    fresh = link.with_suffix(".new")
    fresh.symlink_to(target)
    fresh.replace(link)


async def test_a_new_token_a_new_password_and_a_new_tenant_are_sent_with_the_next_question(
    tmp_path: Path, source_of: Any
) -> None:
    first = authority(tmp_path, "first")
    token, user, password, headers = (tmp_path / name for name in ("token", "user", "password", "headers"))
    headers.mkdir()
    for path, content in ((token, "one"), (user, "u"), (password, "p"), (headers / "X-Scope-OrgID", "a")):
        path.write_text(content)
    with serving_securely(first, vector(({}, "1"))) as server:
        bearer = source_of(server.url, ca_file=first.ca_file, bearer_token_file=token, header_dir=headers)
        basic = source_of(server.url, ca_file=first.ca_file, username_file=user, password_file=password)
        for source in (bearer, basic):
            assert isinstance(await source.query("up"), Vector)
        token.write_text("two")
        password.write_text("q")
        (headers / "X-Scope-OrgID").write_text("b")
        for source in (bearer, basic):
            assert isinstance(await source.query("up"), Vector)
        sent = [(one["Authorization"], one.get("X-Scope-OrgID")) for one in server.headers]
    assert sent == [("Bearer one", "a"), ("Basic dTpw", None), ("Bearer two", "b"), ("Basic dTpx", None)]
    assert len(server.connections) == 2, "a token alone needs no new connection"


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
async def test_a_bundle_of_the_environment_does_not_stand_in_for_the_one_that_was_given(
    tmp_path: Path, source_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = authority(tmp_path, "first"), authority(tmp_path, "second")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(second.ca_file))
    with serving_securely(first, vector(({}, "1"))) as server:
        assert isinstance(await source_of(server.url, ca_file=first.ca_file).query("up"), Vector)
        assert isinstance(await source_of(server.url, insecure=True).query("up"), Vector)
        assert isinstance(await source_of(server.url).query("up"), Unavailable)


async def test_a_new_authority_is_trusted_and_an_old_one_no_longer(tmp_path: Path, source_of: Any) -> None:
    first, second = authority(tmp_path, "first"), authority(tmp_path, "second")
    bundle = tmp_path / "ca.crt"
    bundle.symlink_to(first.ca_file)
    with serving_securely(first, vector(({}, "1"))) as server:
        source = source_of(server.url, ca_file=bundle)
        assert isinstance(await source.query("up"), Vector)
        assert isinstance(await source.query("up"), Vector)
        assert len(server.connections) == 1
        swapped(bundle, second.ca_file)
        refused = await source.query("up")
        assert isinstance(refused, Unavailable), "not over the connection that the old authority had vouched for"
        assert refused.trouble is Trouble.UNREACHABLE
        assert "certificate" in refused.detail
        server.show(second)
        assert isinstance(await source.query("up"), Vector)


async def test_an_authority_that_is_not_there_for_a_moment_is_named_by_its_file(tmp_path: Path, source_of: Any) -> None:
    first = authority(tmp_path, "first")
    bundle = tmp_path / "ca.crt"
    with serving_securely(first, vector(({}, "1"))) as server:
        source = source_of(server.url, ca_file=bundle)
        missing = await source.query("up")
        assert isinstance(missing, Unavailable)
        assert str(bundle) in missing.detail
        bundle.write_bytes(first.ca_file.read_bytes())
        assert isinstance(await source.query("up"), Vector)


async def test_a_ruler_is_reached_with_the_new_authority_as_well(tmp_path: Path) -> None:
    first, second = authority(tmp_path, "first"), authority(tmp_path, "second")
    bundle = tmp_path / "ca.crt"
    bundle.symlink_to(first.ca_file)
    with serving_securely(first, {}) as server:
        ruler = Ruler(PrometheusAccess(server.url, ca_file=bundle), threads=1)
        assert await ruler.groups() == {}
        server.show(second)
        swapped(bundle, second.ca_file)
        assert await ruler.groups() == {}
        ruler.close()
