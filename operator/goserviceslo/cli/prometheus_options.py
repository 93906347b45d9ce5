"""Options of commands that ask Prometheus, the same as those of `goslo run`; light to import."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn
from urllib.parse import urlsplit

import typer

if TYPE_CHECKING:
    from goserviceslo.ports import HistoryPort

UrlOption = Annotated[
    str, typer.Option(envvar="GOSLO_PROMETHEUS_URL", help="Anything that speaks the Prometheus query API.")
]
CaFileOption = Annotated[Path | None, typer.Option(envvar="GOSLO_PROMETHEUS_CA_FILE")]
BearerFileOption = Annotated[Path | None, typer.Option(envvar="GOSLO_PROMETHEUS_BEARER_FILE")]
UserFileOption = Annotated[Path | None, typer.Option(envvar="GOSLO_PROMETHEUS_BASIC_USER_FILE")]
PasswordFileOption = Annotated[Path | None, typer.Option(envvar="GOSLO_PROMETHEUS_BASIC_PASSWORD_FILE")]
HeaderDirOption = Annotated[
    Path | None, typer.Option(envvar="GOSLO_PROMETHEUS_HEADER_DIR", help="A folder: a file's name is the header's.")
]
NowOption = Annotated[
    str, typer.Option("--now", help="The instant to speak from, such as 2026-11-01T00:00:00Z. Default: the clock's.")
]


def fail(command: str, text: object, code: int = 1) -> NoReturn:
    """End the command with a sentence."""
    print(f"goslo {command}: {text}", file=sys.stderr)
    sys.exit(code)


def moment(text: str) -> datetime:
    """The instant that `--now` names."""
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter(f"{text!r}: write it as 2026-11-01T00:00:00Z", param_hint="--now")
    return at.astimezone(UTC)


def check_url(option: str, text: str) -> None:
    """Raises BadParameter for what is no address on the web; it may hold a password, so it is not repeated."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise typer.BadParameter(
            "write http:// or https://, a host and what follows it, such as http://localhost:9090", param_hint=option
        )


@dataclass(frozen=True, slots=True)
class Asking:
    """The Prometheus that the options of a command name."""

    prometheus_url: UrlOption = ""
    prometheus_ca_file: CaFileOption = None
    prometheus_bearer_file: BearerFileOption = None
    prometheus_basic_user_file: UserFileOption = None
    prometheus_basic_password_file: PasswordFileOption = None
    prometheus_header_dir: HeaderDirOption = None

    def history(self) -> "HistoryPort":
        """What it remembers. Raises BadParameter where no option names one."""
        from goserviceslo.adapters.prometheus_access import PrometheusAccess
        from goserviceslo.adapters.prometheus_history import PrometheusHistory

        if not self.prometheus_url:
            advice = "write where Prometheus answers, such as http://localhost:9090"
            raise typer.BadParameter(advice, param_hint="--prometheus-url")
        check_url("--prometheus-url", self.prometheus_url)
        return PrometheusHistory(
            PrometheusAccess(
                url=self.prometheus_url,
                ca_file=self.prometheus_ca_file,
                bearer_token_file=self.prometheus_bearer_file,
                username_file=self.prometheus_basic_user_file,
                password_file=self.prometheus_basic_password_file,
                header_dir=self.prometheus_header_dir,
            )
        )


def asks_prometheus(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options that name a Prometheus, which it gets as its argument `prometheus`.

    Where a resource cannot be read, or no whole answer comes, it ends with the sentence that says so.
    """
    own = signature(command, eval_str=True)
    options = signature(Asking, eval_str=True).parameters

    @wraps(command)
    def run(**given: Any) -> None:
        from goserviceslo.cli.asking import NoAnswer
        from goserviceslo.cli.resources import Unreadable

        asking = Asking(**{name: given.pop(name) for name in options})
        try:
            command(prometheus=asking, **given)
        except (Unreadable, NoAnswer) as error:
            fail(command.__name__, error)

    kept = [one for name, one in own.parameters.items() if name != "prometheus"]
    further = [one.replace(kind=Parameter.KEYWORD_ONLY) for one in options.values()]
    # typer reads a command's options from its signature.
    run.__signature__ = own.replace(parameters=[*kept, *further])  # type: ignore[attr-defined]
    return run
