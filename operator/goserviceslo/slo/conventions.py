"""Every name that leaves this room: recorded series, their labels, alerts, and what counts as stale.

Dashboards, alert routes and the operator's own queries rest on these; a change here is a change of the interface.
"""

from datetime import timedelta

# Counts of one tile by what was counted (label `goslo_events`), as the selectors give them; the deltas come from it.
EVENTS_DELTA = "goslo:events:delta"
# Events of one tile: one evaluation interval, contiguous and without overlap, so that `sum_over_time` over any range
# is the number of events in it.
TOTAL_DELTA = "goslo:total:delta"
BAD_DELTA = "goslo:bad:delta"
# Events of one tile that maintenance left out of the two above, slices with the tile in which they end; else absent.
EXCLUDED_DELTA = "goslo:excluded:delta"
# 1 while maintenance runs, else absent.
MAINTENANCE_ACTIVE = "goslo:maintenance:active"
# Events of the objective's own rolling window.
TOTAL_WINDOW = "goslo:total:window"
BAD_WINDOW = "goslo:bad:window"
EXCLUDED_WINDOW = "goslo:excluded:window"
# Share of bad events divided by the share that the target allows.
BURN_RATE = "goslo:burn_rate:ratio"
# Seconds of one tile in which the whole workload was down and nothing could be counted; absent while it is up.
OUTAGE_DELTA = "goslo:outage:delta"

GROUP_PREFIX = "goslo"
"""First part of the name of every rule group, before namespace and name of its resource: `goslo/shop/checkout/...`."""

NAMESPACE_LABEL = "namespace"
NAME_LABEL = "goslo"
OBJECTIVE_LABEL = "objective"
TIER_LABEL = "tier"
WINDOW_LABEL = "window"
EVENTS_LABEL = "goslo_events"
GRID_LABEL = "grid"
"""On window series that are recorded as of a multiple of this span, not of the instant of evaluation."""
IDENTITY = (NAMESPACE_LABEL, NAME_LABEL, OBJECTIVE_LABEL)
"""What names an objective; tier may change while the objective stays the same."""

SEEN_BY_LABEL = "seen_by"
"""On the outage's series: what showed that the workload was down."""
SEEN_BY_REPLICAS = "replicas"
"""Kubernetes says so: nothing served."""
SEEN_BY_TARGETS = "targets"
"""Prometheus reached none of the pods, which a broken scrape path looks like too."""

BUDGET_ALERT = "GoSLOBudgetBurn"
OUTAGE_ALERT = "GoSLOOutage"
METER_ALERT = "GoSLONotMeasured"
SEVERITY_LABEL = "severity"
PAGE = "page"
TICKET = "ticket"

STALENESS = timedelta(minutes=5)
"""How long a series counts as present after its last sample, and how far back a tile looks for its last value."""
