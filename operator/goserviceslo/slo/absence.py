"""What is to be said where nothing can be counted: absent, scaled to zero, deploying, and down are not the same.

Time enters a verdict here and nowhere else. An outage that takes the metrics along leaves no events to weigh, so it is
held against the budget by its own share of the window: 99.9 % of 30d allow 43 minutes. Events and minutes are not
added up; either alone can break a promise.
"""

from datetime import timedelta
from fractions import Fraction

from goserviceslo.api.duration import format_duration
from goserviceslo.api.percent import format_percent
from goserviceslo.api.status import ObjectiveState
from goserviceslo.api.v1alpha1 import Objective
from goserviceslo.api.window import format_window
from goserviceslo.slo.burn import burn_policy, nominal_length
from goserviceslo.slo.counted import silent_for
from goserviceslo.slo.finding import Finding
from goserviceslo.slo.measurement import Outage
from goserviceslo.slo.presence import Presence, Workforce

OUTAGE = Presence.DOWN.value
_SECOND = timedelta(seconds=1)


def unseen(presence: Presence | None, pods: Workforce | None) -> Finding | None:
    """Why nothing at all is known of an objective, where its workload is the reason; None where it is not."""
    if presence is Presence.SCALED_TO_ZERO:
        return Finding(ObjectiveState.NO_DATA, "ScaledToZero", f"{scaled_to_zero(pods)} There is nothing to judge.")
    if presence is Presence.DEPLOYING:
        return Finding(
            ObjectiveState.NO_DATA,
            "Deploying",
            "Pods are on their way and have not been seen yet: the first figures come within two minutes of their "
            "start.",
        )
    if presence is Presence.DOWN:
        return Finding(
            ObjectiveState.NO_DATA,
            OUTAGE,
            "No pod is available though some are wanted, so nothing can be counted and nothing says whether the "
            "promise was kept: look at the pods.",
        )
    return None


def gone(presence: Presence | None, objective: Objective, metric: str, *, unreached: bool) -> Finding:
    """Nothing has been counted for a while, of a workload that is neither down nor scaled to zero."""
    before = f"The figures are of what was counted before, over {format_window(objective.window)}."
    if presence is Presence.DEPLOYING:
        return Finding(
            ObjectiveState.NO_DATA, "Deploying", f"Pods are on their way and have not been counted yet. {before}"
        )
    if unreached:
        return Finding(
            ObjectiveState.NO_DATA,
            "NotScraped",
            "Pods are available, but Prometheus reaches none of them: check its scrape configuration and the network "
            f"between. {before}",
        )
    return Finding(
        ObjectiveState.NO_DATA,
        "NoSeries",
        f"{metric} has not been seen for {silent_for(objective)}: check that pods run and that Prometheus scrapes "
        f"them. Many services show a counter only after its first event since they started. {before}",
    )


def scaled_to_zero(pods: Workforce | None) -> str:
    """That no pod is wanted, and by whom."""
    by = f" by {pods.scaled_by}" if pods is not None and pods.scaled_by else ""
    return f"The Deployment is scaled to zero{by}."


def down(objective: Objective, outage: Outage, left: str | None) -> Finding:
    """The workload is down now. Evidence that the promise was kept so far (`left` of its budget) makes it at risk."""
    window = format_window(objective.window)
    lasted = (
        f" Over {window} it was down for {lost(outage)}, in which nothing could be counted." if outage.total else ""
    )
    message = f"No pod is up, so nobody is served and nothing can be counted: look at the pods.{lasted}"
    if left is None:
        return Finding(ObjectiveState.NO_DATA, OUTAGE, f"{message} Too few events were counted before for a verdict.")
    return Finding(ObjectiveState.AT_RISK, OUTAGE, f"{message} Of what was counted, {left}.")


def overspent(objective: Objective, outage: Outage, leniency: Fraction) -> Finding | None:
    """The promise is broken by downtime alone, beyond `leniency` (1, or less for one that was broken before)."""
    allowed, window = allowed_outage(objective), format_window(objective.window)
    if outage.proven <= allowed * float(leniency):
        return None
    return Finding(
        ObjectiveState.BREACHED,
        OUTAGE,
        f"Over {window} no pod was available for {_text(outage.proven)}, in which nothing could be counted, where "
        f"{format_percent(objective.target)}% leave {_text(allowed)}: the promise is broken, whatever was counted "
        "before and since.",
    )


def unproven(objective: Objective, outage: Outage, leniency: Fraction) -> Finding | None:
    """Whether the promise was kept cannot be known: Prometheus reached no pod for longer than the budget lasts."""
    allowed, window = allowed_outage(objective), format_window(objective.window)
    if outage.total <= allowed * float(leniency):
        return None
    return Finding(
        ObjectiveState.NO_DATA,
        "UnprovenOutage",
        f"Over {window} Prometheus reached no pod for {_text(outage.total)}, where {format_percent(objective.target)}% "
        f"leave {_text(allowed)}, and nothing tells whether the pods served meanwhile. Have kube-state-metrics "
        "scraped, and an outage is told from a scrape path that is cut.",
    )


def allowed_outage(objective: Objective) -> timedelta:
    """How long nobody may be served in the objective's window, if time alone counts."""
    return nominal_length(objective.window) * float(burn_policy(objective).budget)


def lost(outage: Outage) -> str:
    """The time in which nothing could be counted, as the status shows it."""
    return _text(outage.total)


def _text(span: timedelta) -> str:
    return format_duration(span // _SECOND * _SECOND)
