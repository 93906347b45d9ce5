"""`kubectl apply` takes what the examples show, and refuses what it must with a sentence that says what to do."""

import json
import re
from pathlib import Path

import pytest
import yaml
from tests.contract.conftest import ApiServer

from goserviceslo.api.problems import parse_spec
from goserviceslo.api.v1alpha1 import GoServiceSloSpec

pytestmark = pytest.mark.apiserver
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
OBJECTIVES = sorted(f"objectives/{file.stem}" for file in EXAMPLES.joinpath("objectives").glob("*.yaml"))
CASES = sorted(f"cases/{file.parent.name}/goserviceslo" for file in EXAMPLES.glob("cases/*/goserviceslo.yaml"))
INVALID = sorted(EXAMPLES.joinpath("invalid").glob("*.yaml"))


@pytest.mark.parametrize("file", INVALID, ids=lambda file: file.stem)
def test_a_bad_resource_is_refused_with_the_sentence_in_its_file(
    file: Path, apiserver: ApiServer, fresh_namespace: str
) -> None:
    text = file.read_text()
    expected = re.search("^# kubectl apply: (.+)$", text, re.MULTILINE)
    assert expected is not None, f"{file.name} does not say what kubectl apply answers"
    refused = apiserver.kubectl("apply", "-n", fresh_namespace, "-f", "-", input=text)
    assert refused.returncode != 0
    assert expected[1] in refused.stderr


@pytest.mark.parametrize("name", ["quickstart", "full", *OBJECTIVES, *CASES])
def test_an_example_is_taken_and_reads_back_as_the_same_spec(
    name: str, apiserver: ApiServer, fresh_namespace: str
) -> None:
    resource, *others = yaml.safe_load_all(EXAMPLES.joinpath(f"{name}.yaml").read_text())
    for one in (resource, *others):
        one["metadata"]["namespace"] = fresh_namespace
    applied = apiserver.kubectl("apply", "-f", "-", input=yaml.safe_dump_all([resource, *others]))
    assert applied.returncode == 0, applied.stderr
    stored = apiserver.kubectl("get", "goserviceslo", resource["metadata"]["name"], "-n", fresh_namespace, "-o", "json")
    spec = parse_spec(json.loads(stored.stdout))
    assert isinstance(spec, GoServiceSloSpec)
    assert spec == parse_spec(resource)


def test_the_target_of_a_resource_cannot_be_changed(apiserver: ApiServer, fresh_namespace: str) -> None:
    """What was set on the first Deployment would be left there for ever."""
    quickstart = EXAMPLES.joinpath("quickstart.yaml").read_text()
    resource = yaml.safe_load(quickstart)
    resource["metadata"]["namespace"] = fresh_namespace
    assert apiserver.kubectl("apply", "-f", "-", input=yaml.safe_dump(resource)).returncode == 0
    resource["spec"]["target"]["name"] = "another"
    refused = apiserver.kubectl("apply", "-f", "-", input=yaml.safe_dump(resource))
    assert refused.returncode != 0
    assert "the target of a GoServiceSLO stays" in refused.stderr
