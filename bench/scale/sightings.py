"""What the watcher saw: since when each promise has its rule, and when it last changed."""

from dataclasses import dataclass
from pathlib import Path

from goserviceslo.ports import Key


@dataclass(slots=True)
class Sighting:
    """One PrometheusRule; instants are nanoseconds of the monotonic clock."""

    first: int
    changed: int
    generation: int


class Sightings:
    """Follows the watcher's output. A write that changes nothing raises no generation and is not a change."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("rb")
        self._half_line = b""
        self._seen: dict[Key, Sighting] = {}

    def close(self) -> None:
        self._log.close()

    def now(self) -> dict[Key, Sighting]:
        """All that was seen until now; the caller must not change it."""
        *lines, self._half_line = (self._half_line + self._log.read()).split(b"\n")
        for line in lines:
            seen, namespace, name, generation = line.decode().split()
            self._take(Key(namespace, name), int(seen), int(generation))
        return self._seen

    def _take(self, key: Key, seen: int, generation: int) -> None:
        known = self._seen.get(key)
        if known is None:
            self._seen[key] = Sighting(seen, seen, generation)
        elif generation > known.generation:
            known.changed, known.generation = seen, generation
