"""How to reach the API server: address, TLS and credentials, from a kubeconfig or from the pod's service account.

The loading is kubernetes.aio's own (exec plugins, OIDC, in-cluster tokens that rotate); its HTTP client and its typed
models are not used, for they cost more memory and CPU than the operator itself.
"""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import aiohttp
from aiohttp.client_middlewares import ClientHandlerType, ClientMiddlewareType

from goserviceslo.ports import ApiError

USER_AGENT = "goslo"


class Connection:
    """An API server and who we are to it."""

    def __init__(self, configuration: Any, reload: Callable[[], Awaitable[None]] | None = None) -> None:
        self._configuration = configuration
        self._reload = reload
        self.server: str = configuration.host.rstrip("/")

    @classmethod
    async def load(cls, kubeconfig: str | None = None, context: str | None = None) -> "Connection":
        """From `kubeconfig`; without one from the pod's service account, else from the default kubeconfig.

        Raises ApiError where none of them is there or valid.
        """
        from kubernetes.aio.client.configuration import Configuration
        from kubernetes.aio.config.config_exception import ConfigException
        from kubernetes.aio.config.incluster_config import load_incluster_config
        from kubernetes.aio.config.kube_config import load_kube_config

        configuration = Configuration()
        if kubeconfig is None and context is None:
            with suppress(ConfigException):
                load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
                return cls(configuration)
        try:
            loader = await load_kube_config(  # type: ignore[no-untyped-call]
                config_file=kubeconfig, context=context, client_configuration=configuration, persist_config=False
            )
        except (ConfigException, OSError, ValueError) as error:
            where = kubeconfig or "the pod's service account or ~/.kube/config"
            raise ApiError(0, "NoCluster", f"no way to a cluster in {where}: {error}") from error

        async def reload() -> None:
            await loader.load_and_set(configuration)

        return cls(configuration, reload)

    async def authorization(self) -> str | None:
        """The `Authorization` header as it is now; service account tokens are read again every minute."""
        key: str | None = await self._configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
        if key is None and self._configuration.username:
            key = self._configuration.get_basic_auth_token()
        return key.strip() if key else None

    async def renew(self) -> None:
        """Ask for new credentials after a 401, where their source can give new ones."""
        if self._reload is not None:
            await self._reload()

    def session(self, *, limit: int, middlewares: Sequence[ClientMiddlewareType] = ()) -> aiohttp.ClientSession:
        """A session that authenticates each request anew; `limit` bounds its connections (0: no bound)."""

        async def authenticate(request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
            authorization = await self.authorization()
            if authorization is not None:
                request.headers["Authorization"] = authorization
            return await handler(request)

        return self._session(limit, (*middlewares, authenticate))

    def bare_session(self, *, limit: int) -> aiohttp.ClientSession:
        """A session whose user sets `Authorization` on each request, which costs less than a middleware."""
        return self._session(limit, ())

    def _session(self, limit: int, middlewares: Sequence[ClientMiddlewareType]) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=limit, ssl=self._ssl_context(), ttl_dns_cache=60),
            headers={"User-Agent": USER_AGENT},
            middlewares=middlewares,
            proxy=self._configuration.proxy,
        )

    def _ssl_context(self) -> ssl.SSLContext | bool:
        if not self.server.startswith("https"):
            return True
        configuration = self._configuration
        context = ssl.create_default_context(cafile=configuration.ssl_ca_cert, cadata=configuration.ca_cert_data)
        if configuration.cert_file:
            context.load_cert_chain(configuration.cert_file, keyfile=configuration.key_file)
        if configuration.disable_strict_ssl_verification:
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if not configuration.verify_ssl:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context
