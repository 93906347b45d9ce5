"""Files as people write them."""

from textwrap import dedent

from goserviceslo.authoring.checking import Checked, Resource, check
from goserviceslo.authoring.documents import Document, Unparsable, read

FILE = "slo.yaml"


def objects(text: str, file: str = FILE) -> list[Document | Unparsable]:
    return list(read(file, dedent(text)))


def documents(text: str, file: str = FILE) -> list[Document]:
    return [one for one in objects(text, file) if isinstance(one, Document)]


def checked(*texts: str, namespace: str | None = None) -> Checked:
    return check((one for number, text in enumerate(texts) for one in objects(text, f"{number}.yaml")), namespace)


def resource(spec: str, metadata: str = "{name: checkout, namespace: shop}") -> Resource:
    head = f"{{apiVersion: goslo.dev/v1alpha1, kind: GoServiceSLO, metadata: {metadata}, spec: {spec}}}"
    (found,) = checked(head).resources
    return found
