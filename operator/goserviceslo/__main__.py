"""The composition root: `goslo`, also found by kubectl as `kubectl goslo`."""

from goserviceslo.cli.app import app


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
