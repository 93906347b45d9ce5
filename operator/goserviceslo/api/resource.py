"""What is asked of a GoServiceSLO as a whole, outside its spec."""

from goserviceslo.api.check import Check

MAX_NAME = 63

NAME_CHECK = Check(
    rule=f"self.metadata.name.size() <= {MAX_NAME}",
    message=f"write a name of at most {MAX_NAME} characters: it becomes a label of rules, alerts and objects",
    holds=lambda resource: len(resource["metadata"]["name"]) <= MAX_NAME,
)
