"""Pyrra's resource, as GoServiceSLOs. The kinds that http cannot say are in ratio and boolean."""

from typing import Any

from tests.table import cases
from tests.unit.authoring.foreign.imports import imported, lost
from tests.unit.authoring.given import documents

from goserviceslo.authoring.documents import Document
from goserviceslo.authoring.foreign import pyrra
from goserviceslo.authoring.foreign.promise import Found
from goserviceslo.ports import Json

RATIO = (
    'ratio: {errors: {metric: \'asked_total{job="shop",code=~"5.."}\'}, total: {metric: \'asked_total{job="shop"}\'}}'
)


def found(indicator: str, spec: str = "", metadata: str = "") -> Found:
    text = (
        "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\n"
        f"metadata: {{name: shop-errors, namespace: monitoring{metadata}}}\n"
        f"spec:\n  target: '99.5'\n  window: 4w\n{spec}  indicator:\n    {indicator}\n"
    )
    (document,) = documents(text)
    assert isinstance(document, Document)
    return pyrra.read(document)


def objective(indicator: str, spec: str = "") -> Json:
    (promise,) = found(indicator, spec).promises
    return promise.objective


@cases(
    "indicator, fields",
    {
        "a ratio": (RATIO, {"http": {"metric": "asked_total", "statusLabel": "code", "labels": {"job": "shop"}}}),
        "a ratio of other counters": (
            "ratio: {errors: {metric: failed_total}, total: {metric: asked_total}}",
            {"ratio": {"bad": "failed_total", "total": "asked_total"}},
        ),
        "a latency": (
            (
                'latency: {success: {metric: \'took_seconds_bucket{job="a",le="0.05"}\'}, '
                "total: {metric: 'took_seconds_count{job=\"a\"}'}}"
            ),
            {"http": {"metric": "took_seconds", "faster": "50ms", "labels": {"job": "a"}}},
        ),
        "a native histogram": (
            "latencyNative: {latency: 200ms, total: {metric: 'took_seconds{job=\"a\"}'}}",
            {"http": {"metric": "took_seconds", "faster": "200ms", "labels": {"job": "a"}}},
        ),
        "a gauge that is 1": (
            "bool_gauge: {metric: probe_success}",
            {"boolean": {"holds": 'probe_success{job=~".*"}'}},
        ),
    },
)
def test_each_indicator_has_its_kind(indicator: str, fields: Json) -> None:
    assert objective(indicator) == {"name": "shop-errors", "target": "99.5", "window": "4w"} | fields


@cases(
    "spec, switches",
    {
        "all alerts": ("  alerting: {disabled: true}\n", {"page": False, "ticket": False}),
        "burn rates": ("  alerting: {burnrates: false}\n", {"page": False, "ticket": False}),
    },
)
def test_alerts_that_are_switched_off_stay_off(spec: str, switches: Json) -> None:
    assert objective(RATIO, spec)["alerting"] == switches


def test_propagated_labels_go_onto_the_alerts_and_the_others_onto_the_resource() -> None:
    (promise,) = found(RATIO, metadata=", labels: {pyrra.dev/team: pay, prometheus: k8s}").promises
    assert promise.alerting == {"labels": {"team": "pay"}}
    assert promise.labels == {"prometheus": "k8s"}


def test_objectives_of_one_job_come_into_one_resource_in_the_namespace_that_they_name() -> None:
    one = (
        "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {name: %s, namespace: monitoring}\n"
        "spec: {target: '99', window: 1w, indicator: {ratio: {errors: {metric: "
        '\'asked_total{namespace="prod",job="shop",code=~"5.."}\'}, '
        'total: {metric: \'asked_total{namespace="prod",job="shop"}\'}}}}\n'
    )
    (resource,) = imported(f"{one % 'first'}---\n{one % 'second'}").resources
    assert resource.resource["metadata"] == {"name": "shop", "namespace": "prod"}
    assert [objective["name"] for objective in resource.resource["spec"]["objectives"]] == ["first", "second"]


@cases(
    "indicator, spec, text",
    {
        "a budget for each group": (
            RATIO[:-1] + ", grouping: [handler, method]}",
            "",
            "spec.indicator.ratio.grouping: a budget for each handler and method",
        ),
        "an expression": (
            "ratio: {errors: {metric: sum(failed)}, total: {metric: asked}}",
            "",
            "spec.indicator.ratio: the whole objective, because sum(failed) is no selector of one metric",
        ),
        "a native histogram of pods that nobody chose": (
            "latencyNative: {latency: 200ms, total: {metric: took_seconds}}",
            "",
            "spec.indicator.latencyNative: the whole objective, because took_seconds is a native histogram",
        ),
        "severities": (
            RATIO,
            "  alerting: {severities: {fastBurn: p1}}\n",
            "spec.alerting.severities: severities are page and ticket",
        ),
        "no selector of all": (
            "ratio: {errors: {metric: failed_total}}",
            "",
            "spec.indicator.ratio: the whole objective, because total.metric is missing: write a selector there",
        ),
        "an empty selector": (
            'ratio: {errors: {metric: ""}, total: {metric: asked_total}}',
            "",
            "spec.indicator.ratio: the whole objective, because errors.metric is missing: write a selector there",
        ),
        "no gauge": (
            "bool_gauge: {}",
            "",
            "spec.indicator.bool_gauge: the whole objective, because bool_gauge.metric is missing: write a selector",
        ),
        "no latency": (
            "latencyNative: {total: {metric: 'took_seconds{job=\"a\"}'}}",
            "",
            "spec.indicator.latencyNative: the whole objective, because latency is missing: write how long",
        ),
        "namespaces by an expression": (
            RATIO.replace("job", 'namespace=~"p|q",job'),
            "",
            'spec.indicator.ratio: the whole objective, because asked_total{job="shop",namespace=~"p|q"} counts where',
        ),
        "two namespaces": (
            RATIO.replace("job", 'namespace="p",job', 1).replace("{job", '{namespace="q",job'),
            "",
            "spec.indicator.ratio: the whole objective, because it counts asked_total",
        ),
        "a gauge of several namespaces": (
            "bool_gauge: {metric: 'probe_success{namespace!=\"q\"}'}",
            "",
            'spec.indicator.bool_gauge: the whole objective, because probe_success{namespace!="q"} counts where',
        ),
        "a native histogram of several namespaces": (
            'latencyNative: {latency: 200ms, total: {metric: \'took_seconds{job="a",namespace=~"p|q"}\'}}',
            "",
            "spec.indicator.latencyNative: the whole objective, because took_seconds{",
        ),
        "a switch that is a text": (
            RATIO,
            '  alerting: {disabled: "true"}\n',
            "spec.alerting.disabled: 'true' is neither true nor false",
        ),
        "one group that is no list": (
            RATIO[:-1] + ", grouping: handler}",
            "",
            "spec.indicator.ratio.grouping: a budget for each handler; all of them share one",
        ),
        "an indicator of a version to come": ("quantile: {}", "", "spec.indicator: the whole objective"),
    },
)
def test_what_has_no_equivalent_is_named(indicator: str, spec: str, text: str) -> None:
    named: list[Any] = [remark.text for remark in found(indicator, spec).remarks if remark.lost]
    assert len(named) == 1, named
    assert named[0].startswith(text)


def test_a_window_above_90_days_is_refused_in_the_models_words() -> None:
    text = (
        "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {name: a}\n"
        f"spec:\n  target: '99'\n  window: 20w\n  indicator: {{{RATIO}}}\n"
    )
    assert lost(imported(text)) == [
        (
            "1: the whole objective a: window: write a length from 1h to 90d such as 30d or 1d12h, or Day, Week, "
            'Month, Quarter or Year (found "20w").'
        )
    ]
