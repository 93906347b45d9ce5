"""A ruler in memory, which gives groups back as the real ones do: in another spelling."""

from collections.abc import Callable

from goserviceslo.ports import Json

Before = Callable[[str, str], None]
"""Told of each call and of the group or namespace that it is for; may raise."""


class MemoryRuler:
    """`ports.RulerPort`; `standing` is what it holds, by namespace and group."""

    def __init__(self) -> None:
        self.standing: dict[str, dict[str, Json]] = {}
        self.calls: list[tuple[str, str]] = []
        self.before: Before = lambda verb, name: None

    def writes(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] != "list"]

    async def groups(self) -> dict[str, list[Json]]:
        self._call("list", "")
        return {
            namespace: [_spelt_otherwise(group) for group in groups.values()]
            for namespace, groups in self.standing.items()
        }

    async def put(self, namespace: str, group: Json) -> None:
        self._call("put", group["name"])
        self.standing.setdefault(namespace, {})[group["name"]] = group

    async def delete(self, namespace: str, name: str) -> None:
        self._call("delete", name)
        groups = self.standing.get(namespace, {})
        groups.pop(name, None)
        if not groups:
            self.standing.pop(namespace, None)

    def _call(self, verb: str, name: str) -> None:
        self.calls.append((verb, name))
        self.before(verb, name)


def _spelt_otherwise(group: Json) -> Json:
    rules = [
        {"labels": {}, **rule, **({"for": "1m30s"} if rule.get("for") == "90s" else {})} for rule in group["rules"]
    ]
    return {**group, "interval": "1m30s" if group["interval"] == "90s" else group["interval"], "rules": rules}
