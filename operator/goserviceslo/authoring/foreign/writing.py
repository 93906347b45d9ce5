"""Imported resources as YAML that a person goes on with: what is to know about them stands above."""

import yaml

from goserviceslo.authoring.foreign.importing import Imported


def resource_text(imported: Imported) -> str:
    """One document, with its remarks as comments."""
    comments = [f"# {remark}\n" for remark in imported.remarks]
    body = yaml.safe_dump(imported.resource, sort_keys=False, width=120, allow_unicode=True)
    return "".join(comments) + body


def file_of(imported: Imported) -> str:
    """A file name of its own for each resource."""
    metadata = imported.resource["metadata"]
    parts = [metadata["namespace"]] if "namespace" in metadata else []
    return ".".join([*parts, metadata["name"], "yaml"])
