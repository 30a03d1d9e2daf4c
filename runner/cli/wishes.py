"""What the command line asks of a run: the options that `run`, `retry` and `exec-task` share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from runner.errors import JobspecError, problem
from runner.execution.state import State

if TYPE_CHECKING:  # what runs FFmpeg, which a run that has nothing to make does not
    from runner.execution.attempt import Gate
    from runner.execution.limits import Wanted

F = TypeVar("F", bound=Callable[..., Any])
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks of a run."""

    workers: int | None = None
    fail_fast: bool = False
    ffmpeg: str | None = None
    as_json: bool = False
    replace: frozenset[State] = frozenset()
    retries: int = 2
    timeout: float | None = None
    stall_timeout: float | None = None
    memory: int | None = None
    verify: "Gate" = "full"
    taken_over: tuple[str, ...] = ()
    share: bool = True
    engine: str = "local"
    scheduler: str | None = None
    insecure: bool = False
    tls_ca: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None

    @property
    def wanted(self) -> "Wanted":
        """The limits that the user set."""
        from runner.execution.limits import Wanted

        return Wanted(timeout=self.timeout, stall_timeout=self.stall_timeout, memory=self.memory)


def _size(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    """Read a size: "3G" are 3 GiB."""
    if text is None:
        return None
    number, unit = (text[:-1], text[-1].upper()) if text[-1:].upper() in ("K", "M", "G") else (text, "")
    if not (number.isascii() and number.isdigit()):
        raise JobspecError(problem("JS184", found=text))
    return int(number) * _UNITS[unit]


def share_option(function: F) -> F:
    """Give a verb --no-share."""
    text = "Let every output decode its source for itself, instead of once for all outputs of that source."
    return click.option("--share/--no-share", default=True, help=text)(function)


_SECONDS = click.FloatRange(0)
_LIMITS = (
    click.option(
        "--take-over",
        "taken_over",
        multiple=True,
        metavar="HOST",
        help="Treat the runners of that host as dead, where nothing proves that they live. May be given again.",
    ),
    click.option(
        "--verify",
        type=click.Choice(("full", "quick")),
        default="full",
        help="quick believes the container's counts; full decodes every output.",
    ),
    click.option(
        "--memory", metavar="SIZE", callback=_size, help="The most one FFmpeg may allocate, such as 4G; 0: any."
    ),
    click.option("--stall-timeout", type=_SECONDS, metavar="SECONDS", help="End an FFmpeg without progress; 0: never."),
    click.option("--timeout", type=_SECONDS, metavar="SECONDS", help="The most one FFmpeg may take; 0: any."),
    click.option(
        "--retries",
        type=click.IntRange(0, 100),
        default=2,
        show_default=True,
        help="How often to try again what may pass by itself: a kill, a full disk, a stall, a lost mount.",
    ),
)


_FILE = click.Path(exists=True, dir_okay=False, resolve_path=True)
_ENGINE = (
    click.option("--tls-key", type=_FILE, metavar="FILE", help="The key of --tls-cert."),
    click.option("--tls-cert", type=_FILE, metavar="FILE", help="The certificate to show the scheduler."),
    click.option(
        "--tls-ca", type=_FILE, metavar="FILE", help="Who signed the scheduler's; by default as Dask is configured."
    ),
    click.option("--insecure", is_flag=True, help="Use a scheduler without TLS that is not on this machine."),
    click.option(
        "--scheduler", metavar="ADDRESS", envvar="DASK_SCHEDULER_ADDRESS", help="Of a Dask cluster: tls://HOST:PORT."
    ),
    click.option(
        "--engine",
        type=click.Choice(("local", "dask")),
        default="local",
        show_default=True,
        help="What runs FFmpeg: this machine, or the workers of a Dask cluster (docs/cluster.md).",
    ),
)


def engine_options(function: F) -> F:
    """Give a verb the choice of an engine."""
    for option in _ENGINE:
        function = option(function)
    return function


def run_options(function: F) -> F:
    """Give a verb the options of a run."""
    for option in (
        *_LIMITS,
        click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
        click.option("--ffmpeg", metavar="PATH", help="The FFmpeg to run; before JOBSPEC_FFMPEG and the bundled one."),
        click.option("--fail-fast", is_flag=True, help="Stop everything at the first failure."),
        click.option("--workers", type=click.IntRange(1, 256), help="Outputs made at once; fits the cores by default."),
    ):
        function = option(function)
    return share_option(function)
