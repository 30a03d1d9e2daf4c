"""The command without the price of a process: the very function that a process calls, in an environment of its own.

What hangs on processes, terminals and signals is tested with `Repository.jobspec`.
"""

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from runner.cli.entry import run
from tests.conftest import Repository


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """All that was printed."""
        return self.stdout + self.stderr


@contextmanager
def _placed(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    before, there = dict(os.environ), Path.cwd()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(there)
        os.environ.clear()
        os.environ.update(before)


def jobspec(
    repository: Repository, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Done:
    """Run the command as `Repository.jobspec` does, in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    placed = _placed(cwd or repository.top, repository.environment | dict(env or {}))
    with placed, redirect_stdout(out), redirect_stderr(err):
        code = run(arguments)
    return Done(int(code), *(each.buffer.getvalue().decode() for each in (out, err)))  # type: ignore[attr-defined]
