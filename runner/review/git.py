"""A git revision as a tree: read straight from git's objects, without a checkout.

Git is asked with hooks, filters, helpers, replacement objects and lazy fetching off: a revision may be a stranger's.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import IO

from runner.errors import JobspecError, problem
from runner.spec.tree import PROJECT_FILE

_SAFE = (
    *("--no-replace-objects", "--no-optional-locks", "--no-pager", "--literal-pathspecs"),
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"),
)
_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "SYSTEMROOT")
# Git before 2.45 knows nothing of GIT_NO_LAZY_FETCH. A list of no protocols is obeyed by all, whatever a clone's own
# configuration allows.
_OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "", "GIT_TERMINAL_PROMPT": "0"}
_FILES = ("100644", "100755")
# A few kilobytes of objects can hold the same folder ten times in itself, ten levels deep: ten thousand million files.
# A million files with names of 60 letters are about this much of listing.
MOST_LISTED = 128 << 20
# Folders in folders, as deep as specs are looked for and then some; what lies deeper is nobody's to read here.
_DEEPEST = 64
# What is read on of a large file only to get to the next answer; of a larger one git is rather started anew.
_MOST_SKIPPED = 1 << 24
# Anything else that rev-parse may print, such as ^1234 for ^main, is a range and no commit.
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def _environment() -> dict[str, str]:
    """Return git's environment: no GIT_ variable of whoever calls us, no prompts, no lazy fetching."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | _OFFLINE | {"LC_ALL": "C"}


def _git(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    command = ["git", *_SAFE, "-C", str(folder), *arguments]
    try:
        return subprocess.run(command, env=_environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise JobspecError(problem("JS100", reason=f"git cannot be started: {error.strerror}")) from None


def _started(folder: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    """Start a git that is talked with, or whose answer may be too long to take whole."""
    command = ["git", *_SAFE, "-C", str(folder), *arguments]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(command, env=_environment(), stdin=pipe, stdout=pipe, stderr=nowhere)


def _answer(folder: Path, *arguments: str) -> str | None:
    done = _git(folder, *arguments)
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n") if done.returncode == 0 else None


@dataclass(frozen=True, slots=True)
class Clone:
    """A clone on this machine: its top (the git folder itself when bare), and the project's folder below it."""

    top: Path
    prefix: str = ""
    bare: bool = False

    def commit(self, revision: str) -> str:
        """Return the commit that a revision names. Raises JobspecError (64)."""
        found = None
        if revision and not revision.startswith("-"):
            found = _answer(self.top, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        if not found or not _COMMIT.fullmatch(found):
            raise JobspecError(problem("JS101", found=revision))
        return found

    def merge_base(self, base: str, head: str) -> str:
        """Return the commit from which two revisions went apart. Raises JobspecError (64) with what mends it."""
        first, second = self.commit(base), self.commit(head)
        found = _answer(self.top, "merge-base", first, second)
        if found:
            return found.split("\n")[0]
        shallow = _answer(self.top, "rev-parse", "--is-shallow-repository") == "true"
        remedy = "this clone is shallow: run `git fetch --unshallow`" if shallow else "their histories never met"
        raise JobspecError(problem("JS102", found=base, head=head, remedy=remedy))


def clone_of(folder: Path) -> Clone:
    """Return the clone that a folder lies in. Raises JobspecError (64) when it is in none."""
    if _answer(folder, "rev-parse", "--is-bare-repository") == "true":
        return Clone(Path(_answer(folder, "rev-parse", "--absolute-git-dir") or folder), bare=True)
    top = _answer(folder, "rev-parse", "--show-toplevel")
    if not top:
        raise JobspecError(problem("JS100", reason=_refusal(folder)))
    prefix = os.path.relpath(os.path.realpath(folder), os.path.realpath(top))
    return Clone(Path(top), "" if prefix == "." else PurePosixPath(prefix).as_posix())


def _refusal(folder: Path) -> str:
    """Return why git finds no work tree at a folder; a clone of another owner, for one, is there and refused."""
    said = _git(folder, "rev-parse", "--show-toplevel").stderr.decode("utf-8", "replace")
    first = said.partition("\n")[0].removeprefix("fatal: ")
    return f"{folder} is in no git repository" if "not a git repository" in first else f"{folder}: {first}"


def at_project(clone: Clone, commit: str) -> Clone:
    """Return a bare clone with the folder of its project, which no working directory tells.

    Raises JobspecError (64) for a commit with several projects and none at its top.
    """
    folders = sorted(GitTree(clone, commit).folders_of(PROJECT_FILE))
    if "" in folders or not folders:
        return clone
    if len(folders) > 1:
        reason = f"{commit[:12]} has several projects ({', '.join(folders)}); ask in a clone with a work tree"
        raise JobspecError(problem("JS100", reason=reason))
    return replace(clone, prefix=folders[0])


@dataclass(slots=True)
class GitTree:
    """The files of one commit, below the project's folder. One git process answers all reads; close it after use."""

    clone: Clone
    commit: str
    _entries: Mapping[str, str] = field(init=False)
    _folders: Mapping[str, tuple[str, ...]] = field(init=False)
    _batch: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self._entries = self._listed()
        self._folders = _folders(self._entries)

    def __enter__(self) -> "GitTree":
        return self

    def __exit__(self, *_: object) -> None:
        if self._batch:
            with self._batch as batch, suppress(BrokenPipeError):
                assert batch.stdin
                batch.stdin.close()

    def _listed(self) -> dict[str, str]:
        """Return the object of every regular file; links and submodules are not followed, so not listed."""
        below = f"{self.clone.prefix}/" if self.clone.prefix else ""
        entries: dict[str, str] = {}
        for line in self._listing().split(b"\0"):
            about, _, name = line.partition(b"\t")
            mode, _, rest = about.decode().partition(" ")
            path = name.decode("utf-8", "surrogateescape")
            if mode in _FILES and path.startswith(below) and path.count("/") <= _DEEPEST:
                entries[path.removeprefix(below)] = rest.split(" ")[1]
        return entries

    def _listing(self) -> bytes:
        """Return git's list of all files of the commit. Raises JobspecError (64) for one without end."""
        with _started(self.clone.top, "ls-tree", "-r", "-z", "--full-tree", self.commit) as child:
            assert child.stdout
            listed = child.stdout.read(MOST_LISTED + 1)
            if len(listed) > MOST_LISTED:
                child.kill()
                raise JobspecError(problem("JS212", commit=self.commit[:12], limit=MOST_LISTED))
        if child.returncode:
            raise self._lacking("a folder")
        return listed

    def _lacking(self, what: str) -> JobspecError:
        return JobspecError(problem("JS104", what=f"{what} of commit {self.commit[:12]}"))

    def read(self, path: str, limit: int) -> bytes:
        """See Tree. Raises FileNotFoundError for what is no regular file of this commit.

        Raises JobspecError (64) for one whose content a partial clone lacks: to go on would be to take it for absent.
        """
        name = self._entries.get(path)
        if name is None:
            raise FileNotFoundError(2, "No such file in this revision", path)
        pipe_in, pipe_out = self._pipes()
        size = _asked(name, pipe_in, pipe_out)
        if size is None:
            raise self._lacking(path)
        data = pipe_out.read(min(size, limit + 1))
        if size - len(data) > _MOST_SKIPPED:
            self._forget()
        else:
            _skip(pipe_out, size - len(data) + 1)
        return data

    def _forget(self) -> None:
        """End the process that answers; the next question starts another."""
        if self._batch:
            with self._batch as batch:
                batch.kill()
        self._batch = None

    def list(self, folder: str) -> tuple[str, ...]:
        """See Tree."""
        names = self._folders.get(folder.strip("/"))
        if names is None:
            raise FileNotFoundError(2, "No such folder in this revision", folder)
        return names

    def holds(self, path: str) -> bool:
        """See Tree; links are not followed here, so that none is on the way."""
        return True

    def leads_out(self, path: str) -> bool:
        """See Tree; nothing is opened by a revision's links."""
        return False

    def folders_of(self, name: str) -> tuple[str, ...]:
        """Return the folders that hold a file of this name, "" for the top."""
        return tuple(folder for folder, names in self._folders.items() if name in names)

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._batch is None:
            self._batch = _started(self.clone.top, "cat-file", "--batch")
        assert self._batch.stdin and self._batch.stdout
        return self._batch.stdin, self._batch.stdout


def _asked(name: str, pipe_in: IO[bytes], pipe_out: IO[bytes]) -> int | None:
    """Ask for an object and return its size; None when git has it not, which it says or dies of."""
    with suppress(BrokenPipeError):
        pipe_in.write(name.encode() + b"\n")
        pipe_in.flush()
    about = pipe_out.readline().split()
    return int(about[2]) if len(about) == 3 else None


def _skip(pipe: IO[bytes], count: int) -> None:
    while count > 0:
        count -= len(pipe.read(min(count, 1 << 20))) or count


def _folders(paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the names in every folder, folders with a "/" behind, sorted by code point."""
    names: dict[str, set[str]] = {"": set()}
    for path in paths:
        folder, slash, name = path.rpartition("/")
        known = folder in names
        names.setdefault(folder, set()).add(name)
        while slash and not known:  # what is known has all folders above it
            folder, slash, name = folder.rpartition("/")
            known = folder in names
            names.setdefault(folder, set()).add(f"{name}/")
    return {folder: tuple(sorted(found)) for folder, found in names.items()}
