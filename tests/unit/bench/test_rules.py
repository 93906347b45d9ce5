"""The benchmark of rules: its services, its figures, and what the docs say of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from bench.rules import document
from bench.rules.contenders import CONTENDERS, goslo, recorded
from bench.rules.document import BEGIN, END, PAGE, newest, put_table, render
from bench.rules.fleet import Fleet
from bench.rules.scenarios import SCENARIOS, WINDOW_SECONDS
from bench.rules.trial import parts
from bench.stored import RESULTS
from prometheus_client.parser import text_string_to_metric_families

FLEET = Fleet(services=3, series=8)


def read(scrape: int) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = b"".join(FLEET.page(part, 2, scrape) for part in range(2)).decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    found = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}
    assert len(found) == len(samples), "a series stands twice"
    return found


def test_every_part_of_the_services_is_scraped_once_and_grows() -> None:
    first, second = read(0), read(1)
    assert first.keys() == second.keys()
    requests = [key for key in first if key[0] == "http_requests_total"]
    assert len(requests) == 3 * 3 * 8
    assert all(first[key] < second[key] for key in requests)


def test_the_past_is_of_the_very_series_that_are_scraped_and_of_those_that_rules_look_back_at(tmp_path: Path) -> None:
    kept = recorded(CONTENDERS["goslo"], goslo(FLEET.promises, tmp_path))
    past = [one["labels"] for one in FLEET.past(kept)]
    scraped = {(name, labels) for name, labels in read(0)}
    named = {(one["__name__"], frozenset(one.items() - {("__name__", one["__name__"])})) for one in past}
    assert len(named) == len(past)
    assert scraped <= named
    assert {name for name, _ in named - scraped} == {"goslo:total:delta", "goslo:bad:delta"}


def test_a_rule_costs_the_mean_of_those_that_ran_at_the_pace_of_its_group() -> None:
    def rule(took: float, evaluated: str = "2026-11-25T00:00:00Z") -> dict[str, Any]:
        return {
            "name": "goslo:burn_rate:ratio",
            "labels": {"window": "5m"},
            "evaluationTime": took,
            "lastEvaluation": evaluated,
        }

    never = rule(9.0, "0001-01-01T00:00:00Z")
    groups = [{"interval": 60, "rules": [rule(0.002)]}, {"interval": 60, "rules": [rule(0.004), never]}]
    assert parts(groups) == {"goslo:burn_rate:ratio 5m": 1.5}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.title)
def test_what_scrapes_have_shown_is_what_happened_but_for_processes_that_end(scenario: Any) -> None:
    series, happened, scraped = scenario.play()
    assert 0 < happened.bad < happened.total
    assert scraped.total <= happened.total
    ended = [run.end for run in scenario.runs if run.end < WINDOW_SECONDS]
    assert (scraped == happened) is not any(sum(scenario.traffic(at)) for end in ended for at in range(end - 30, end))
    assert max(at for values in series.values() for at in values) <= WINDOW_SECONDS


def trial(tool: str, evaluation: float, cpu: float, made: int = 10_000) -> dict[str, Any]:
    counted = {
        "process_cpu_seconds_total": cpu,
        "prometheus_rule_group_duration_seconds_sum": evaluation,
        "prometheus_rule_evaluations_total": made,
        "prometheus_rule_evaluation_failures_total": 0,
    }
    used = {"rss_bytes": 2**30, "parts_ms": {"a": 0.5, "b": 0.25}}
    return {"tool": tool, "per_interval": counted, **used}


RESULT: dict[str, Any] = {
    "started": "2026-11-25T10:00:00+00:00",
    "command": "python -m bench.rules",
    "git": {"commit": "0" * 40, "dirty": False},
    "machine": {"cores": 2, "cpu": "a", "memory_bytes": 2**30, "system": "b", "kernel": "c", "python": "d"},
    "versions": {"prometheus": "v3", "sloth": "v1", "pyrra": "v1"},
    "settings": {"objectives": 1000, "series_per_pod": 8, "days": 30, "rounds": 2},
    "notes": ["Others worked here."],
    "rules": {"goslo": {"recording": 9, "alerting": 2, "bytes": 8192, "evaluations": 10}},
    "series": {"goslo": 10},
    "trials": [
        trial(document.NOTHING, 0, 0.5),
        trial("goslo", 1.0, 1.5),
        trial("goslo", 1.0, 1.5, made=5_000),
    ],
    "accuracy": [
        {
            "title": "churn",
            "events": 1000,
            "bad": 100,
            "bad_ratio": 0.1,
            "scraped_bad": 90,
            "shown": {"goslo": 0.1, "sloth": "nan", "pyrra": None},
        }
    ],
}


def test_a_prometheus_without_rules_is_taken_off_and_evaluations_that_were_not_made_are_reckoned() -> None:
    text = render(RESULT)
    assert "| **CPU of Prometheus for 30 s** | 1.50 [1.00-2.00] ms |" in text
    assert "| time in evaluation for 30 s | 1.50 [1.00-2.00] ms |" in text
    assert "| evaluations made, of those due | 75% [50%-100%] |" in text
    assert "| series that are recorded | 10 |" in text
    assert "| GoServiceSLO | `a` | 0.50 |" in text
    assert "Others worked here." in text


def test_a_figure_that_is_none_is_not_shown_as_a_number() -> None:
    assert "| churn | 1,000 | 10.0000% | 10 of 100 | +0.00% | nan | no figure |" in render(RESULT)


def test_an_outage_that_was_recorded_is_told() -> None:
    (row,) = RESULT["accuracy"]
    text = render({**RESULT, "accuracy": [row, {**row, "title": "a crash", "outage_seconds": 570.0}]})
    assert "In *a crash* nobody can count" in text
    assert "records 570 s of outage beside it" in text
    assert "In *churn*" not in text


def test_the_docs_hold_the_table_of_the_newest_result() -> None:
    page = PAGE.read_text()
    assert put_table(page, newest(RESULTS)) == page, "run: PYTHONPATH=tools uv run python -m bench.rules --table"


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no lines"):
        put_table("nothing", {})
    assert "No result is stored yet" in put_table(f"{BEGIN}{END}", None)


def test_the_newest_result_is_the_one_that_was_started_last(tmp_path: Path) -> None:
    for name, started in (("rules-b.json", "2026-11-20"), ("rules-a.json", "2026-11-21"), ("scale-a.json", "2026-12")):
        (tmp_path / name).write_text(json.dumps({"started": started}))
    assert newest(tmp_path) == {"started": "2026-11-21"}
