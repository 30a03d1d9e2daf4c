"""`--engine dask`: the command line's wishes become the way to a scheduler."""

from collections.abc import Callable, Mapping, Sequence

from runner.cli.wishes import Wishes
from runner.errors import JobspecError, Problem, problem
from runner.execution.attempt import Outcome, Setting
from runner.execution.local import Watcher
from runner.plan.model import Output, Plan


def engine(plan: Plan, wishes: Wishes, tell: Callable[[Problem], None]) -> Callable[..., list[Outcome]]:
    """Return the engine that runs tasks on a Dask cluster. Raises JobspecError when Dask is not installed here."""
    if not wishes.scheduler:
        raise JobspecError(problem("JS255"))
    try:
        from runner.execution.cluster.access import Access
        from runner.execution.cluster.engine import Dask
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("runner"):
            raise
        raise JobspecError(problem("JS240")) from None
    access = Access(
        scheduler=wishes.scheduler,
        insecure=wishes.insecure,
        ca=wishes.tls_ca,
        certificate=wishes.tls_cert,
        key=wishes.tls_key,
    )
    dask = Dask(plan=plan, access=access, ffmpeg=wishes.ffmpeg, most=wishes.workers, tell=tell)

    def run(
        outputs: Sequence[Output],
        setting: Setting,
        *,
        workers: int,
        watcher: Watcher,
        replaces: Mapping[str, str],
        fail_fast: bool = False,
    ) -> list[Outcome]:
        groups = [(each,) for each in outputs]
        return dask.run(groups, setting, workers=workers, watcher=watcher, replaces=replaces, fail_fast=fail_fast)

    return run
