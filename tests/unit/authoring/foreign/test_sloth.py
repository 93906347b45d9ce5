"""Sloth's two spellings, as GoServiceSLOs."""

from textwrap import dedent

from tests.table import cases
from tests.unit.authoring.given import documents

from goserviceslo.authoring.foreign import sloth
from goserviceslo.authoring.foreign.promise import Found

FILE = dedent("""\
    version: prometheus/v1
    service: shop
    labels: {owner: pay, tier: "1"}
    slos:
    - name: Requests_OK
      objective: 99.9
      description: Shopping works.
      sli:
        events:
          error_query: sum(rate(asked_total{job="shop",code=~"5.."}[{{.window}}]))
          total_query: sum(rate(asked_total{job="shop"}[{{.window}}]))
      alerting:
        name: ShopFails
        labels: {category: availability}
        annotations: {runbook: "https://example.com/r", chat: "#pay"}
        ticket_alert: {disable: true}
    """)
SLI = FILE[FILE.index("    events:") : FILE.index("  alerting:")]
RESOURCE = dedent("""\
    apiVersion: sloth.slok.dev/v1
    kind: PrometheusServiceLevel
    metadata: {name: shop-slos, namespace: monitoring}
    spec:
      service: shop
      slos:
      - name: ok
        objective: 99
        sli:
          events:
            errorQuery: sum(rate(asked_total{job="shop",code=~"5.."}[{{.window}}]))
            totalQuery: sum(rate(asked_total{job="shop"}[{{.window}}]))
        alerting: {pageAlert: {labels: {severity: critical}}}
    """)
HTTP = {"metric": "asked_total", "statusLabel": "code", "labels": {"job": "shop"}}


def found(text: str, window: str = "30d") -> Found:
    (document,) = documents(text)
    return sloth.read(document, window)


def lost(text: str) -> list[str]:
    """Line and text of what was not carried over."""
    return [f"{remark.place.line}: {remark.text}" for remark in found(text).remarks if remark.lost]


def test_a_file_has_promises_of_its_service() -> None:
    (promise,) = found(FILE).promises
    assert (promise.service, promise.namespace, promise.tier) == ("shop", None, "1")
    assert promise.objective == {
        "name": "requests-ok",
        "description": "Shopping works.",
        "target": 99.9,
        "window": "30d",
        "alerting": {"ticket": False},
        "http": HTTP,
    }
    assert promise.alerting == {
        "labels": {"owner": "pay", "category": "availability"},
        "annotations": {"chat": "#pay"},
        "runbook": "https://example.com/r",
    }
    assert lost(FILE) == []


def test_a_custom_resource_says_the_same_in_its_own_spelling() -> None:
    (promise,) = found(RESOURCE, "28d").promises
    assert (promise.service, promise.namespace) == ("shop", "monitoring")
    assert promise.objective == {"name": "ok", "target": 99, "window": "28d", "http": HTTP}
    assert lost(RESOURCE) == [
        (
            "13: spec.slos[0].alerting.pageAlert.labels: labels of one severity alone; route by the label severity, "
            "which is page"
        )
    ]


@cases(
    "old, new, line",
    {
        "a plugin that makes the queries": (
            SLI,
            "    plugin: {id: availability}\n",
            "9: slos[0].sli.plugin: the whole objective, because a plugin makes its queries",
        ),
        "a query that counts no events": (
            'sum(rate(asked_total{job="shop",code=~"5.."}[{{.window}}]))',
            "avg(latency)",
            "9: slos[0].sli.events: the whole objective, because avg(latency) takes avg of series",
        ),
        "an increase over a rate": (
            'sum(rate(asked_total{job="shop",code',
            'sum(increase(asked_total{job="shop",code',
            '9: slos[0].sli.events: the whole objective, because it counts asked_total{code=~"5..",job="shop"} by ',
        ),
        "a namespace of the errors alone": (
            'code=~"5.."',
            'code=~"5..",namespace="p"',
            '9: slos[0].sli.events: the whole objective, because it counts asked_total{job="shop"} in every names',
        ),
        "namespaces by an expression": (
            'code=~"5.."',
            'code=~"5..",namespace=~"p|q"',
            '9: slos[0].sli.events: the whole objective, because asked_total{code=~"5..",job="shop",namespace=~"p|q"} ',
        ),
        "no query of all": (
            "      total_query",
            "      all_query",
            (
                "9: slos[0].sli.events: the whole objective, because total_query is missing: write a query there, such "
                "as sum(rate(x[{{.window}}]))"
            ),
        ),
        "an empty share": (
            SLI,
            "    raw: {}\n",
            (
                "9: slos[0].sli.raw: the whole objective, because error_ratio_query is missing: write a query there, "
                "such as sum(rate(x[{{.window}}])) / sum(rate(x[{{.window}}]))"
            ),
        ),
        "an sli that is a list": (
            f"sli:\n{SLI}",
            "sli: []\n",
            (
                "8: slos[0].sli: the whole objective, because it does not say what is counted: write events with "
                "error_query and total_query"
            ),
        ),
        "an sli that is nothing": (
            f"sli:\n{SLI}",
            "sli: null\n",
            "8: slos[0].sli: the whole objective, because it does not say what is counted",
        ),
        "no sli": (
            f"  sli:\n{SLI}",
            "",
            "5: slos[0].sli: the whole objective, because it does not say what is counted",
        ),
        "a field beside the queries": (
            "      total_query",
            "      unit: requests\n      total_query",
            "11: slos[0].sli.events.unit: there is no such thing in a GoServiceSLO",
        ),
        "a switch that is a text": (
            "{disable: true}",
            '{disable: "true"}',
            "16: slos[0].alerting.ticket_alert.disable: 'true' is neither true nor false",
        ),
        "labels that are a list": (
            "{category: availability}",
            "[availability]",
            "14: slos[0].alerting.labels: it is no map: write names and values",
        ),
        "no objectives": (FILE[FILE.index("- name") :], "", "4: slos: the whole object, because it has no slos"),
        "plugins of the rules": (
            "service: shop\n",
            "service: shop\nslo_plugins: {chain: [{id: x}]}\n",
            "3: slo_plugins: plugins change what Sloth generates",
        ),
        "a label of the operator's own": (
            "{category: availability}",
            "{severity: high}",
            "14: slos[0].alerting.labels: the label severity: high, which the operator sets itself",
        ),
        "a summary": (
            'chat: "#pay"',
            "summary: it fails",
            "15: slos[0].alerting.annotations: the annotation summary, which the operator writes itself",
        ),
        "a field that nobody knows": (
            "  objective: 99.9\n",
            "  objective: 99.9\n  colour: red\n",
            "7: slos[0].colour: there is no such thing in a GoServiceSLO",
        ),
    },
)
def test_what_has_no_equivalent_is_named_with_its_line(old: str, new: str, line: str) -> None:
    assert old in FILE
    (named,) = lost(FILE.replace(old, new))
    assert named.startswith(line)
