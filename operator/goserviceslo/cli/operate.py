"""`goslo run` and `goslo release`: the operator, and what gives back what it holds before it goes for good."""

import asyncio
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from goserviceslo.cli.durations import duration
from goserviceslo.cli.names import labels
from goserviceslo.cli.prometheus_options import (
    BearerFileOption,
    CaFileOption,
    HeaderDirOption,
    PasswordFileOption,
    UrlOption,
    UserFileOption,
    check_url,
)

NamespacesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--namespace",
        envvar="GOSLO_NAMESPACES",
        help="Namespace to serve; repeat it, or separate with commas. Default: all.",
    ),
]
OperatorNamespaceOption = Annotated[
    str, typer.Option(envvar="GOSLO_OPERATOR_NAMESPACE", help="Where the Lease and rule ConfigMaps live.")
]
KubeconfigOption = Annotated[
    Path | None,
    typer.Option(envvar="KUBECONFIG", help="Default: the pod's service account, else ~/.kube/config.", dir_okay=False),
]

_LAG_OF_SCRAPES = "5s"
_LAG_OF_REMOTE_WRITES = "30s"
"""What Prometheus and Alloy send to a ruler's store comes in batches, some seconds after it was scraped."""


def run(
    *,
    namespaces: NamespacesOption = None,
    operator_namespace: OperatorNamespaceOption = "goslo-system",
    kubeconfig: KubeconfigOption = None,
    prometheus_url: UrlOption = "",
    prometheus_ca_file: CaFileOption = None,
    prometheus_bearer_file: BearerFileOption = None,
    prometheus_basic_user_file: UserFileOption = None,
    prometheus_basic_password_file: PasswordFileOption = None,
    prometheus_header_dir: HeaderDirOption = None,
    prometheus_insecure_skip_verify: Annotated[
        bool, typer.Option("--prometheus-insecure-skip-verify", envvar="GOSLO_PROMETHEUS_INSECURE_SKIP_VERIFY")
    ] = False,
    rules_sink: Annotated[
        str, typer.Option(envvar="GOSLO_RULES_SINK", help="auto, prometheusrule, configmap or ruler.")
    ] = "auto",
    rules_shards: Annotated[int, typer.Option(envvar="GOSLO_RULES_SHARDS", min=1, max=64)] = 8,
    rules_interval: Annotated[
        str, typer.Option(envvar="GOSLO_RULES_INTERVAL", help="How often rules are evaluated, from 1s to 1m.")
    ] = "30s",
    rules_lag: Annotated[
        str | None,
        typer.Option(
            envvar="GOSLO_RULES_LAG",
            help="How late a sample may become visible to what evaluates the rules. Default: 5s, with a ruler 30s.",
        ),
    ] = None,
    rules_label: Annotated[
        list[str] | None, typer.Option(envvar="GOSLO_RULES_LABEL", help="key=value on every PrometheusRule; repeat it.")
    ] = None,
    ruler_url: Annotated[
        str,
        typer.Option(
            envvar="GOSLO_RULER_URL",
            help="Where a ruler keeps rule namespaces, such as http://mimir/prometheus/config/v1/rules.",
        ),
    ] = "",
    ruler_prefix: Annotated[
        str,
        typer.Option(
            envvar="GOSLO_RULER_PREFIX", help="First part of rule namespaces; one operator's alone in a tenant."
        ),
    ] = "goslo",
    ruler_ca_file: Annotated[Path | None, typer.Option(envvar="GOSLO_RULER_CA_FILE")] = None,
    ruler_bearer_file: Annotated[Path | None, typer.Option(envvar="GOSLO_RULER_BEARER_FILE")] = None,
    ruler_basic_user_file: Annotated[Path | None, typer.Option(envvar="GOSLO_RULER_BASIC_USER_FILE")] = None,
    ruler_basic_password_file: Annotated[Path | None, typer.Option(envvar="GOSLO_RULER_BASIC_PASSWORD_FILE")] = None,
    ruler_header_dir: Annotated[
        Path | None,
        typer.Option(envvar="GOSLO_RULER_HEADER_DIR", help="A folder: a file's name is the header's."),
    ] = None,
    ruler_insecure_skip_verify: Annotated[
        bool, typer.Option("--ruler-insecure-skip-verify", envvar="GOSLO_RULER_INSECURE_SKIP_VERIFY")
    ] = False,
    measure_interval: Annotated[
        str, typer.Option(envvar="GOSLO_MEASURE_INTERVAL", help="How often Prometheus is asked, at most 2m.")
    ] = "15s",
    workers: Annotated[int, typer.Option(envvar="GOSLO_WORKERS", min=1, max=256)] = 16,
    lease_duration: Annotated[str, typer.Option(envvar="GOSLO_LEASE_DURATION")] = "13s",
    lease_renew_deadline: Annotated[str, typer.Option(envvar="GOSLO_LEASE_RENEW_DEADLINE")] = "9s",
    lease_retry_period: Annotated[str, typer.Option(envvar="GOSLO_LEASE_RETRY_PERIOD")] = "2s",
    leader_election: Annotated[
        bool, typer.Option("--leader-election/--no-leader-election", envvar="GOSLO_LEADER_ELECTION")
    ] = True,
    log_format: Annotated[str, typer.Option(envvar="GOSLO_LOG_FORMAT", help="json or text.")] = "json",
    log_level: Annotated[str, typer.Option(envvar="GOSLO_LOG_LEVEL", help="debug, info, warning or error.")] = "info",
    listen: Annotated[
        str, typer.Option(envvar="GOSLO_LISTEN", help="Address of /livez, /readyz and /metrics.")
    ] = "0.0.0.0:8080",
    identity: Annotated[
        str | None, typer.Option(envvar="GOSLO_IDENTITY", help="Name of this replica. Default: the host's name.")
    ] = None,
) -> None:
    """Run the operator until it is told to stop."""
    from goserviceslo.adapters.prometheus_access import PrometheusAccess
    from goserviceslo.engine.config import Config, LeaseSettings, LogFormat, SinkChoice

    host, port = _address(listen)
    if (rules_sink == SinkChoice.RULER) != bool(ruler_url):
        raise typer.BadParameter("--rules-sink=ruler and --ruler-url go together: write both, or neither")
    for option, url in (("--prometheus-url", prometheus_url), ("--ruler-url", ruler_url)):
        if url:
            check_url(option, url)
    lag = rules_lag or (_LAG_OF_REMOTE_WRITES if ruler_url else _LAG_OF_SCRAPES)
    try:
        config = Config(
            identity=identity or socket.gethostname(),
            operator_namespace=operator_namespace,
            namespaces=_namespaces(namespaces),
            elect=leader_election,
            lease=LeaseSettings(
                duration=duration("--lease-duration", lease_duration),
                renew_deadline=duration("--lease-renew-deadline", lease_renew_deadline),
                retry_period=duration("--lease-retry-period", lease_retry_period),
            ),
            workers=workers,
            measure_interval=duration("--measure-interval", measure_interval),
            rule_interval=duration("--rules-interval", rules_interval),
            rule_lag=duration("--rules-lag", lag),
            rule_sink=SinkChoice(rules_sink),
            rule_labels=labels("--rules-label", rules_label or ()),
            shards=rules_shards,
            ruler_prefix=ruler_prefix,
            listen_host=host,
            listen_port=port,
            log_format=LogFormat(log_format),
            log_level=log_level.upper(),
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    access = (
        PrometheusAccess(
            url=prometheus_url,
            ca_file=prometheus_ca_file,
            insecure=prometheus_insecure_skip_verify,
            bearer_token_file=prometheus_bearer_file,
            username_file=prometheus_basic_user_file,
            password_file=prometheus_basic_password_file,
            header_dir=prometheus_header_dir,
        )
        if prometheus_url
        else None
    )
    ruler = (
        PrometheusAccess(
            url=ruler_url,
            ca_file=ruler_ca_file,
            insecure=ruler_insecure_skip_verify,
            bearer_token_file=ruler_bearer_file,
            username_file=ruler_basic_user_file,
            password_file=ruler_basic_password_file,
            header_dir=ruler_header_dir,
        )
        if ruler_url
        else None
    )
    from goserviceslo.cli.compose import operate

    sys.exit(asyncio.run(operate(config, kubeconfig, access, ruler)))


def release(
    *,
    namespaces: NamespacesOption = None,
    operator_namespace: OperatorNamespaceOption = "goslo-system",
    operator_deployment: Annotated[
        str, typer.Option(help="Deployment of the operator, scaled to 0 first so that it takes nothing back.")
    ] = "",
    give_back: Annotated[
        bool,
        typer.Option("--give-back", help="Also take our variables off the targets, which restarts their pods."),
    ] = False,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Before uninstalling: release every GoServiceSLO, so that each can be deleted without the operator."""
    from goserviceslo.cli.compose import give_up

    code = asyncio.run(
        give_up(_namespaces(namespaces), operator_namespace, operator_deployment, kubeconfig, give_back=give_back)
    )
    sys.exit(code)


def _namespaces(given: list[str] | None) -> tuple[str, ...]:
    return tuple(name for text in given or () for name in text.replace(",", " ").split())


def _address(listen: str) -> tuple[str, int]:
    host, separator, port = listen.rpartition(":")
    if not separator or not port.isdecimal():
        raise typer.BadParameter(f"{listen!r}: write it as host:port, such as 0.0.0.0:8080", param_hint="--listen")
    return host.strip("[]"), int(port)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(run)
    app.command()(release)
