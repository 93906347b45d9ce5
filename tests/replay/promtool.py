"""`promtool test rules`: our rules and a world's series in a real Prometheus engine."""

import dataclasses
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.replay.world import Series

from goserviceslo.ports import Json, Sample

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Expectation:
    """What an expression gives at an instant: a value by labels."""

    expression: str
    at: int
    samples: Mapping[str, float]
    """By series as Prometheus writes it; `{}` for one without labels."""


@dataclass(frozen=True)
class AlertExpectation:
    """What fires at an instant."""

    name: str
    at: int
    alerts: Sequence[tuple[Labels, Labels]]
    """Labels and annotations of each."""


@dataclass
class Replay:
    """Series, rules, and what is expected of them."""

    series: Series
    groups: Sequence[Json]
    expected: Sequence[Expectation] = ()
    alerts: Sequence[AlertExpectation] = ()
    step: int = 1
    """Seconds between the values of a series; every sample's time is a multiple."""
    pace: int = 30
    """Seconds between evaluations; promtool runs all groups at one pace."""

    def document(self) -> dict[str, Any]:
        inputs = [{"series": name, "values": _values(samples, self.step)} for name, samples in self.series.items()]
        return {
            "rule_files": ["rules.yml"],
            "evaluation_interval": f"{self.pace}s",
            # Else promtool takes the groups of one instant in another order at every run.
            "group_eval_order": [group["name"] for group in self.groups],
            "fuzzy_compare": True,
            "tests": [
                {
                    "interval": f"{self.step}s",
                    "input_series": inputs,
                    "promql_expr_test": [
                        {
                            "expr": one.expression,
                            "eval_time": f"{one.at}s",
                            "exp_samples": [{"labels": k, "value": v} for k, v in one.samples.items()],
                        }
                        for one in self.expected
                    ],
                    "alert_rule_test": [
                        {
                            "alertname": one.name,
                            "eval_time": f"{one.at}s",
                            "exp_alerts": [
                                {"exp_labels": dict(labels), "exp_annotations": dict(notes)}
                                for labels, notes in one.alerts
                            ],
                        }
                        for one in self.alerts
                    ],
                }
            ],
        }


def _values(samples: Mapping[int, str], step: int) -> str:
    """promtool's notation: one value a step, `_` where there is none."""
    parts, here = [], 0
    for at in sorted(samples):
        position, rest = divmod(at, step)
        assert rest == 0, f"a sample at {at}s is not at a multiple of {step}s"
        if position > here:
            parts.append(f"_x{position - here}")
        parts.append(samples[at])
        here = position + 1
    return " ".join(parts)


_SAMPLE = re.compile(r'([a-zA-Z_:][\w:]*)?(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})? (\S+?)(?:, |$)')
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def _samples(text: str, at: int) -> list[Sample]:
    """What promtool tells of a vector: `name{label="value"} 1E+00, ...`, or `nil`."""
    if text == "nil":
        return []
    return [Sample(dict(_LABEL.findall(labels)), float(value), at) for _, labels, value in _SAMPLE.findall(text)]


class Promtool:
    """The binary, and a directory to work in."""

    def __init__(self, binary: Path, directory: Path) -> None:
        self._binary = binary
        self._directory = directory

    def check(self, groups: Sequence[Json]) -> str:
        """Empty when a real Prometheus would load these groups, else what it says."""
        rules = self._write("rules.yml", {"groups": list(groups)})
        done = subprocess.run([self._binary, "check", "rules", rules], capture_output=True, text=True)
        return "" if done.returncode == 0 else done.stdout + done.stderr

    def test(self, replay: Replay) -> str:
        """Empty when all came as expected, else what promtool says."""
        self._write("rules.yml", {"groups": list(replay.groups)})
        tests = self._write("tests.yml", replay.document())
        done = subprocess.run([self._binary, "test", "rules", tests], capture_output=True, text=True)
        return "" if done.returncode == 0 else (done.stdout + done.stderr)[-100_000:]

    def ask(self, replay: Replay, expressions: Sequence[str], at: int) -> list[float | None]:
        """The value of each expression at an instant, after the rules have run until then; None where it has none.

        promtool tells values only of expectations that fail: each is expected to be what nothing is.
        Raises ValueError where promtool does not run, or an expression has several values.
        """
        impossible = {'{__name__="impossible"}': 0.0}
        expected = [Expectation(one, at, impossible) for one in expressions]
        complaint = self.test(dataclasses.replace(replay, expected=expected))
        found = re.findall(r"^\s*got:\s*(.*)$", complaint, re.MULTILINE)
        if len(found) != len(expressions):
            raise ValueError(f"promtool answered {len(found)} of {len(expressions)}:\n{complaint}")
        return [None if text == "nil" else float(text.rsplit(" ", 1)[1]) for text in found]

    def answers(self, questions: Sequence[tuple[Replay, Sequence[str], int]]) -> list[list[list[Sample]]]:
        """What expressions give at an instant of a replay; all replays run the rules of the first, at its pace.

        Raises ValueError where promtool does not run.
        """
        impossible = {'{__name__="impossible"}': 0.0}
        documents = [
            dataclasses.replace(replay, expected=[Expectation(one, at, impossible) for one in expressions]).document()
            for replay, expressions, at in questions
        ]
        self._write("rules.yml", {"groups": list(questions[0][0].groups)})
        tests = [test for document in documents for test in document["tests"]]
        file = self._write("tests.yml", {**documents[0], "tests": tests})
        done = subprocess.run([self._binary, "test", "rules", file], capture_output=True, text=True)
        told = re.findall(r"^\s*got:\s*(.*)$", done.stdout + done.stderr, re.MULTILINE)
        if len(told) != sum(len(asked) for _, asked, _ in questions):
            raise ValueError(f"promtool answered {len(told)}:\n{(done.stdout + done.stderr)[-6000:]}")
        texts = iter(told)
        return [[_samples(next(texts), at) for _ in asked] for _, asked, at in questions]

    def _write(self, name: str, document: Mapping[str, Any]) -> Path:
        path = self._directory / name
        path.write_text(yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, width=10**6))
        return path
