"""Dead links are found, live ones are not."""

from pathlib import Path

import pytest

from quality.links import anchors, dead_links


@pytest.mark.parametrize(
    ("text", "dead"),
    [
        ("[x](other.md)", 0),
        ("[x](other.md#two-words)", 0),
        ("[x](#here)\n\n# Here", 0),
        ("[x](https://example.org/nowhere)", 0),
        ("```\n[x](missing.md)\n```", 0),
        ("[x](missing.md)", 1),
        ("[x](other.md#missing)", 1),
        ("![x](missing.svg)", 1),
    ],
)
def test_a_link_must_lead_somewhere(tmp_path: Path, text: str, dead: int) -> None:
    (tmp_path / "other.md").write_text("# Other\n\n## Two words\n")
    page = tmp_path / "page.md"
    page.write_text(text)
    assert len(dead_links(tmp_path, [page])) == dead


def test_repeated_headings_are_numbered() -> None:
    assert anchors("# A b\n\n# A b\n\n## `c.d` e!") == {"a-b", "a-b-1", "cd-e"}
