"""ConfigMaps with maintenance windows: read when named, again now and then, never many at once."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.unit.engine.given import CHECKOUT, resource
from tests.unit.engine.memory_cluster import MemoryCluster
from tests.unit.engine.virtual_time import VirtualClock, run

from goserviceslo.engine.calendars import READ_AGAIN, Calendars
from goserviceslo.ports import CONFIG_MAPS, ApiError, Forbidden, Json, Key, Resource
from goserviceslo.reconcile.model import CalendarTrouble

CALENDAR = Key("shop", "calendar")
ONE = "- {name: move, start: 2026-12-01T02:00:00Z, duration: 2h}"
TWO = f"{ONE}\n- {{name: again, start: 2026-12-02T02:00:00Z, duration: 2h}}"


def naming(configmap: str | None = "calendar", name: str = "checkout") -> Json:
    slo = resource(name)
    if configmap is not None:
        slo["spec"]["maintenanceFrom"] = {"configMap": configmap}
    return slo


def config_map(text: str | None) -> Json:
    data = {} if text is None else {"data": {"maintenance.yaml": text}}
    return {"metadata": {"namespace": "shop", "name": "calendar"}, **data}


class Scene:
    """A cluster with one calendar, and who was woken."""

    def __init__(self) -> None:
        self.cluster = MemoryCluster()
        self.cluster.put(CONFIG_MAPS, config_map(ONE))
        self.woken: list[Key] = []
        self.calendars = Calendars(self.cluster, VirtualClock(), lambda: 0.0, self.woken.append)

    def reads(self) -> int:
        return len([call for call in self.cluster.calls if call[0] == "get"])

    def names(self) -> list[str] | None:
        view = self.calendars.view(naming())
        return None if view is None or view.windows is None else [window.name for window in view.windows]

    def trouble(self) -> CalendarTrouble | None:
        view = self.calendars.view(naming())
        return view.trouble if view is not None else None


def played(story: Callable[[Scene], Awaitable[None]]) -> None:
    async def main() -> None:
        scene = Scene()
        running = asyncio.create_task(scene.calendars.run())
        await story(scene)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    run(main())


async def a_while() -> None:
    await asyncio.sleep(READ_AGAIN.total_seconds() + 1)


def test_what_is_named_is_read_at_once_and_wakes_who_named_it() -> None:
    async def story(scene: Scene) -> None:
        scene.calendars.want(CHECKOUT, naming())
        assert scene.names() is None
        await asyncio.sleep(1)
        assert (scene.names(), scene.woken, scene.reads()) == (["move"], [CHECKOUT], 1)

    played(story)


def test_it_is_read_again_now_and_then_and_wakes_nobody_while_it_stays() -> None:
    async def story(scene: Scene) -> None:
        scene.calendars.want(CHECKOUT, naming())
        await a_while()
        await a_while()
        assert (scene.reads(), scene.woken) == (3, [CHECKOUT])
        scene.cluster.put(CONFIG_MAPS, config_map(TWO))
        await a_while()
        assert (scene.names(), scene.woken) == (["move", "again"], [CHECKOUT, CHECKOUT])

    played(story)


def test_services_that_share_a_calendar_share_its_reading() -> None:
    async def story(scene: Scene) -> None:
        cart = Key("shop", "cart")
        scene.calendars.want(CHECKOUT, naming())
        scene.calendars.want(cart, naming(name="cart"))
        await asyncio.sleep(1)
        assert (scene.reads(), sorted(scene.woken)) == (1, [cart, CHECKOUT])

    played(story)


def test_what_nobody_names_is_neither_read_nor_remembered() -> None:
    async def story(scene: Scene) -> None:
        scene.calendars.want(CHECKOUT, naming(None))
        await a_while()
        assert scene.reads() == 0
        scene.calendars.want(CHECKOUT, naming())
        await asyncio.sleep(1)
        scene.calendars.want(CHECKOUT, naming(None))
        await a_while()
        assert (scene.reads(), scene.names()) == (1, None)
        scene.calendars.forget(CHECKOUT)

    played(story)


def test_the_last_known_windows_stand_while_it_cannot_be_read() -> None:
    async def story(scene: Scene) -> None:
        scene.calendars.want(CHECKOUT, naming())
        await asyncio.sleep(1)
        for text, trouble in ((None, CalendarTrouble.KEY_NOT_FOUND), ("- {", CalendarTrouble.INVALID)):
            scene.cluster.put(CONFIG_MAPS, config_map(text))
            await a_while()
            assert (scene.names(), scene.trouble()) == (["move"], trouble)
        del scene.cluster.objects[CONFIG_MAPS.plural, CALENDAR]
        await a_while()
        assert (scene.names(), scene.trouble()) == (["move"], CalendarTrouble.NOT_FOUND)
        scene.cluster.put(CONFIG_MAPS, config_map(TWO))
        await a_while()
        assert (scene.names(), scene.trouble()) == (["move", "again"], None)

    played(story)


def failing(error: ApiError) -> Callable[[str, Resource, Key], None]:
    def fail(verb: str, resource: Resource, key: Key) -> None:
        raise error

    return fail


def test_a_calendar_that_may_not_be_read_is_told() -> None:
    async def story(scene: Scene) -> None:
        scene.cluster.before = failing(Forbidden(403, "Forbidden", "no"))
        scene.calendars.want(CHECKOUT, naming())
        await asyncio.sleep(1)
        assert (scene.names(), scene.trouble(), scene.woken) == (None, CalendarTrouble.FORBIDDEN, [CHECKOUT])

    played(story)


def test_an_api_server_that_fails_is_asked_again_soon_and_nobody_is_woken() -> None:
    async def story(scene: Scene) -> None:
        scene.cluster.before = failing(ApiError(500, "InternalError", "no"))
        scene.calendars.want(CHECKOUT, naming())
        await asyncio.sleep(3)
        assert scene.reads() > 1
        assert scene.woken == []
        scene.cluster.before = lambda verb, resource, key: None
        await asyncio.sleep(10)
        assert scene.names() == ["move"]

    played(story)


def test_a_thousand_calendars_are_read_ten_a_second() -> None:
    async def story(scene: Scene) -> None:
        for number in range(1000):
            scene.calendars.want(Key("shop", f"s{number}"), naming(f"c{number}", f"s{number}"))
        await asyncio.sleep(10)
        assert 90 <= scene.reads() <= 110

    played(story)


def test_a_spec_that_makes_no_sense_names_nothing() -> None:
    async def story(scene: Scene) -> None:
        for odd in ("calendar", {"configMap": 7}, {}, {"configMap": ""}):
            slo = naming(None)
            slo["spec"]["maintenanceFrom"] = odd
            scene.calendars.want(CHECKOUT, slo)
        await asyncio.sleep(1)
        assert scene.reads() == 0

    played(story)
