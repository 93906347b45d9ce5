"""Links between the repository's Markdown files: the file must be there, and so must the heading."""

import re
from pathlib import Path

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def anchors(markdown: str) -> set[str]:
    """The fragment of each heading, made as GitHub makes it."""
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", markdown)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        number = 0
        while (candidate := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(candidate)
    return found


def dead_links(root: Path, files: list[Path]) -> list[str]:
    """A sentence for each relative link that leads nowhere."""
    problems = []
    for file in files:
        text = _FENCE.sub("", file.read_text(encoding="utf-8"))
        for match in _LINK.finditer(text):
            link = match.group(1) or match.group(2)
            if re.match(r"[a-z][a-z0-9+.-]*:", link):
                continue
            path, _, fragment = link.partition("#")
            target = file if not path else (file.parent / path).resolve()
            shown = f"{file.relative_to(root)}: {link}"
            if not target.exists():
                problems.append(f"{shown} leads to no file")
            elif fragment and target.suffix == ".md" and fragment not in anchors(target.read_text(encoding="utf-8")):
                problems.append(f"{shown} leads to no heading")
    return problems
