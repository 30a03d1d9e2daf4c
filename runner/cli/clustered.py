"""`--engine dask`: the command line's wishes become the way to a scheduler."""

from collections.abc import Callable

from runner.cli.wishes import Wishes
from runner.errors import JobspecError, Problem, problem
from runner.execution.attempt import Outcome
from runner.plan.model import Plan


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
    return dask.run
