"""`--root` and `--confined`: the same options at every verb that binds places. No environment confines."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from runner.spec.confine import Confinement

F = TypeVar("F", bound=Callable[..., Any])
_WISHED, _ROOTS = "runner.confined", "runner.confined-to"


def _noted(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def note(context: click.Context, _: click.Parameter, value: Any) -> None:
        context.meta[name] = value

    return note


def confined_option(function: F) -> F:
    """Give a verb --confined and --confined-to, for `confinement` to tell."""
    only = click.option(
        "--confined-to",
        multiple=True,
        metavar="ROOT",
        expose_value=False,
        callback=_noted(_ROOTS),
        help="As --confined, and of the roots only this one. May be given again.",
    )
    all_roots = click.option(
        "--confined",
        is_flag=True,
        expose_value=False,
        callback=_noted(_WISHED),
        help="Refuse every place that is not below a root or the repository: for what strangers propose.",
    )
    return only(all_roots(function))


def _roots(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    wrong = [name for name, equals, folder in pairs if not (name and equals and folder)]
    if wrong:
        raise click.BadParameter(f"{wrong[0]}: write --root NAME=FOLDER")
    return {name: folder for name, _, folder in pairs}


def root_option(function: F) -> F:
    """Give a verb --root, which says where a root is mounted on this machine, and --confined."""
    text = "Where a root is mounted here; before JOBSPEC_ROOT_NAME and the user's configuration."
    option = click.option("--root", "roots", multiple=True, metavar="NAME=FOLDER", callback=_roots, help=text)
    return confined_option(option(function))


def confinement() -> Confinement:
    """Return what the command line of the running verb wishes."""
    meta = click.get_current_context().meta
    return Confinement(bool(meta.get(_WISHED)), tuple(meta.get(_ROOTS, ())))
