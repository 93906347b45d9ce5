"""The operator's one web server: /livez, /readyz, /metrics."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from goserviceslo.engine.health import Health


def application(health: Health, metrics: Callable[[], bytes]) -> web.Application:
    """The three pages."""

    async def livez(request: web.Request) -> web.Response:
        problems = health.problems()
        return web.Response(text="\n".join(problems) or "ok", status=500 if problems else 200)

    async def readyz(request: web.Request) -> web.Response:
        missing = health.waiting_for
        return web.Response(text=f"waiting for {missing}" if missing else "ok", status=503 if missing else 200)

    async def scrape(request: web.Request) -> web.Response:
        return web.Response(body=metrics(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    pages = web.Application()
    pages.add_routes([web.get("/livez", livez), web.get("/readyz", readyz), web.get("/metrics", scrape)])
    return pages


@asynccontextmanager
async def serve(pages: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve until the context ends; gives the port. Raises OSError where it is taken."""
    runner = web.AppRunner(pages, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
