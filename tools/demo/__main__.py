"""`make demo`, `demo-break`, `demo-heal`, `demo-status` and `demo-down`."""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from demo.books import Entry, at_rest
from demo.environment import ROOT, SHOP, bring_up, cluster_of, objective
from demo.faults import break_service, heal_service
from demo.kubectl import Json, Kubectl, KubectlError, until
from demo.load import LoadGenerator
from localcluster.binaries import ensure

CLUSTER = "goslo-demo"
LOAD_SECONDS = 300
RATE = 40


def up(console: Console) -> None:
    """From nothing to a table of measured compliance beside the load generator's own books."""
    began = time.monotonic()
    environment = bring_up(CLUSTER, console)
    kubectl = environment.kubectl
    kubectl.apply_files(ROOT / "examples/demo/goserviceslo.yaml")
    kubectl.wait_rolled_out("deployment", "checkout", SHOP)
    drive(kubectl, environment.load, console)
    console.print(f"\nFrom nothing to this table: {(time.monotonic() - began) / 60:.1f} minutes.")
    console.print(
        "Next: [bold]make demo-break[/], [bold]make demo-heal[/], [bold]make demo-status[/], [bold]make demo-down[/]."
    )


def drive(kubectl: Kubectl, load: LoadGenerator, console: Console) -> None:
    """A few requests so that the metric is found, then five minutes of load between two moments of rest."""
    load.rate(RATE)
    load.resume()
    console.print("\nFirst requests: the operator finds the metric, Prometheus loads the rules and begins to count.")
    until("the first figures", lambda: objective(kubectl, "availability").get("total"), 240, pause=5)
    before = at_rest(kubectl, load)
    load.resume()
    console.print(f"Load: {RATE} requests a second for {LOAD_SECONDS // 60} minutes, counted at both ends.")
    for second in range(0, LOAD_SECONDS, 30):
        time.sleep(min(30, LOAD_SECONDS - second))
        console.print(f"  {second + 30:4d} s  {progress_line(kubectl, load)}", highlight=False)
    console.print("Load paused: the last requests are scraped, counted and written to the status.")
    after = at_rest(kubectl, load)
    table(kubectl, console)
    compare(before, after, console)
    load.resume()


def compare(before: Entry, after: Entry, console: Console) -> None:
    """What both sides counted between two moments of rest."""
    ours = {"total": after.total - before.total, "bad": after.bad - before.bad}
    theirs = {
        "total": after.generator.answered - before.generator.answered,
        "bad": after.generator.bad - before.generator.bad,
    }
    view = Table("availability", "operator's status", "load generator", "difference")
    for name, mine, other in (
        ("total", ours["total"], theirs["total"]),
        ("good", ours["total"] - ours["bad"], theirs["total"] - theirs["bad"]),
        ("bad", ours["bad"], theirs["bad"]),
    ):
        view.add_row(name, str(mine), str(other), f"{100 * (mine - other) / other:+.3f} %" if other else "")
    sli, their_sli = (100 * (1 - one["bad"] / one["total"]) if one["total"] else 100.0 for one in (ours, theirs))
    view.add_row("SLI", f"{sli:.4f} %", f"{their_sli:.4f} %", f"{sli - their_sli:+.4f} points")
    console.print(
        f"In the {LOAD_SECONDS // 60} minutes of load, the status counted from {before.total} on to {after.total}:"
    )
    console.print(view)
    unanswered = after.generator.unanswered - before.generator.unanswered
    if unanswered:
        console.print(f"{unanswered} requests got no answer at all; no service can count those.")


def progress_line(kubectl: Kubectl, load: LoadGenerator) -> str:
    """Where both books stand."""
    found = objective(kubectl, "availability")
    return f"sent {load.counts().sent}, status: {found.get('state', 'none yet')} with {found.get('total', 0)} counted"


def table(kubectl: Kubectl, console: Console) -> None:
    """What a user sees."""
    console.print("\n[bold]$ kubectl get goserviceslo -n shop[/]")
    console.print(kubectl("get", "goserviceslo", "-n", SHOP), highlight=False)
    for name in ("availability", "latency"):
        console.print(f"  {name}: {status_line(kubectl, name)}", highlight=False)


def broken(console: Console) -> None:
    """Throw the switch and watch the verdict."""
    kubectl = reach()
    before = objective(kubectl, "availability").get("state")
    pods = break_service(kubectl, errors=0.3, delay="400ms")
    console.print(f"{len(pods)} pods now fail 30 % of their answers and take 400 ms longer. State before: {before}.")
    watch(kubectl, console, "Breached or AtRisk", {"AtRisk", "Breached"}, 180)
    events(kubectl, console)


def heal(console: Console) -> None:
    """Release the switch and watch the burn rate fall; the budget comes back as the window forgets."""
    kubectl = reach()
    pods = heal_service(kubectl)
    console.print(f"{len(pods)} pods answer as they should again.")
    deadline = time.monotonic() + 420
    while time.monotonic() < deadline:
        console.print(f"  {status_line(kubectl)}", highlight=False)
        rates = {rate["window"]: rate["rate"] for rate in _rates(objective(kubectl, "availability"))}
        if float(rates.get("5m", "0")) < 1:
            break
        time.sleep(20)
    console.print(
        "The last five minutes spend less than the budget allows again. What was lost stays in the window of 1 h: the "
        "objective is Met again when enough good requests have come, or when the failure has left the window."
    )
    events(kubectl, console)


def watch(kubectl: Kubectl, console: Console, what: str, states: set[str], seconds: float) -> None:
    """Print how the status moves until the objective is in one of the states."""
    began = time.monotonic()

    def look() -> bool:
        console.print(f"  {time.monotonic() - began:4.0f} s  {status_line(kubectl)}", highlight=False)
        return objective(kubectl, "availability").get("state") in states

    until(what, look, seconds, pause=5)


def status_line(kubectl: Kubectl, name: str = "availability") -> str:
    """One line of what matters."""
    found = objective(kubectl, name)
    rates = ", ".join(f"{rate['window']}={rate['rate']}" for rate in _rates(found))
    return (
        f"{found.get('state')}: SLI {found.get('sli')} of {found.get('target')}, budget "
        f"{found.get('budgetRemaining')}, {found.get('good')} of {found.get('total')} good, burn {rates or 'none'}"
    )


def _rates(found: Json) -> list[dict[str, str]]:
    rates: list[dict[str, str]] = found.get("burnRates", [])
    return rates


def events(kubectl: Kubectl, console: Console) -> None:
    """The Events of the resource."""
    console.print("\n[bold]$ kubectl get events -n shop (of the GoServiceSLO)[/]")
    selector = "--field-selector=involvedObject.kind=GoServiceSLO"
    console.print(kubectl("get", "events", "-n", SHOP, selector, "--sort-by=.lastTimestamp"), highlight=False)
    console.print(kubectl("get", "goserviceslo", "-n", SHOP), highlight=False)


def status(console: Console) -> None:
    """The table as it stands."""
    table(reach(), console)


def reach() -> Kubectl:
    """kubectl for the demo's cluster; KubectlError where there is none."""
    cluster = cluster_of(CLUSTER)
    if not cluster.kubeconfig.exists():
        raise KubectlError("the demo is not up: run make demo first")
    return Kubectl(ensure(["kubectl"])["kubectl"], cluster.kubeconfig)


def down(console: Console) -> None:
    """Take everything away."""
    cluster_of(CLUSTER).down()
    console.print("The demo is gone: processes, mounts, interfaces and namespaces. Built binaries stay in the cache.")


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; a failure is a sentence, not a traceback."""
    commands = {"up": up, "break": broken, "heal": heal, "status": status, "down": down}
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("command", choices=commands)
    console = Console(soft_wrap=True)
    try:
        commands[parser.parse_args(words).command](console)
    except (RuntimeError, ValueError, OSError, subprocess.SubprocessError) as failure:
        # What other programs said may hold brackets, which are no markup.
        console.print(str(failure), style="red", markup=False, highlight=False)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
