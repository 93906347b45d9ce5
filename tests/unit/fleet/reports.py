"""A report as its formats need one."""

from tests.unit.fleet.test_reporting import DAY, NOTHING, asked, down, reported, tiles

from goserviceslo.api.v1alpha1 import Sla
from goserviceslo.fleet.report import Report, ReportedService
from goserviceslo.fleet.reporting import Outages, reported_outages, reported_window

HOSTILE = "A tenth | of <b>it</b> *now* [x](y)"


def report(country: str = "NZ") -> Report:
    outages = Outages(NOTHING, down(range(10, 20)))
    counted = tiles(dict.fromkeys(range(100, 120), 10), range(20, DAY))
    left_out = tiles({}, range(5), each=7)
    objective = reported(counted, left_out, tiles({}, range(10), each=1), outages=outages)
    service = ReportedService(
        namespace="shop",
        name="checkout",
        tier="L1",
        target="checkout",
        sla=Sla(country=country, compensation=HOSTILE, document="https://example.com/sla.pdf"),
        outages=reported_outages(outages, asked()),
        objectives=(objective.model_copy(update={"description": HOSTILE}),),
    )
    return Report(generated_at="2026-10-15T00:00:00Z", window=reported_window(asked()), services=(service,))
