"""Guards of quality that no off-the-shelf linter holds: links, rendered files, the chart."""
