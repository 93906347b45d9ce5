"""Events counted by two counters that the user names: all of them, and the bad or the good ones.

They may live on any pods of the namespace, so nothing but the namespace is added to what he wrote.
"""

from dataclasses import dataclass

from goserviceslo.api.eventkinds import RatioIndicator as Wish
from goserviceslo.slo.counting import Counted, Events
from goserviceslo.slo.promql import selector
from goserviceslo.slo.series import TARGET_LABELS, EventIndicator
from goserviceslo.slo.users import Selected, read_selector
from goserviceslo.slo.workload import Workload


@dataclass(frozen=True, slots=True)
class RatioIndicator(EventIndicator):
    """All events, and the bad or the good among them."""

    workload: Workload
    which: Events
    """What `some` counts: the bad or the good ones."""
    some: Selected
    every: Selected

    @property
    def targets(self) -> str:
        """Of what both counters say of their targets; else all of the namespace."""
        common = [one for one in self.every.matchers if one in self.some.matchers and one.label in TARGET_LABELS]
        return selector("", (*self.workload.matchers(all_pods=True), *common))

    @property
    def counts(self) -> tuple[Counted, ...]:
        return (
            Counted(Events.TOTAL, self.every.of(self.workload, all_pods=True)),
            Counted(self.which, self.some.of(self.workload, all_pods=True)),
        )

    def describe(self) -> str:
        return self.some.text


def ratio_of(ratio: Wish, workload: Workload) -> RatioIndicator:
    """The indicator of a `ratio`. Raises Refused for what is no plain selector."""

    def read(field: str, text: str) -> Selected:
        return read_selector(f"ratio.{field}", text, workload.namespace)

    total = read("total", ratio.total)
    if ratio.bad is not None:
        return RatioIndicator(workload, Events.BAD, read("bad", ratio.bad), total)
    return RatioIndicator(workload, Events.GOOD, read("good", ratio.good or ""), total)
