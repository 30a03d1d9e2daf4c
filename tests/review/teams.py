"""A team's repository in real git, with locks of facts made up on the spot: reviewing needs no media."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.media.facts import Facts
from runner.media.lock import FORMAT, Header, Lock, Locked, lock_of, write_lock
from runner.plan.changes import Change, Kind
from runner.review.diff import Diff, Group, diff
from runner.review.git import GitTree, clone_of
from runner.review.sides import side_of
from runner.spec.tree import WorkTree
from tests.plan.planning import facts

PROJECT = '[roots]\nmedia = "camera originals"\nproxies = "what we make"\nstate = "records"\n'
FIELDS: Mapping[str, str] = {
    "jobspec_version": '"2.0"',
    "sources": "[media:a.mov, media:b.mov]",
    "output_directory": "proxies:out",
    "codec": "prores_proxy",
    "container": "mov",
    "resolution": "half",
    "fps_mode": "same-as-source",
    "naming_template": "'{{ source_name }}'",
}


def environment(home: Path) -> dict[str, str]:
    """Return git's environment, free of whoever runs the tests; the clock stands still."""
    who = {f"GIT_{role}_{what}": text for role in ("AUTHOR", "COMMITTER") for what, text in _WHO.items()}
    return {"PATH": os.environ["PATH"], "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", **who}


_WHO = {"NAME": "An Assistant", "EMAIL": "assistant@example.com", "DATE": "2026-11-23T08:00:00Z"}


def git(folder: Path, *arguments: str, succeeds: bool = True) -> str:
    """Run git in a folder and return what it printed."""
    command = ["git", "-c", "protocol.file.allow=always", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment(folder.parent), capture_output=True, text=True)
    assert not succeeds or done.returncode == 0, done.stderr
    return done.stdout.rstrip("\n")


def spec_text(fields: Mapping[str, str | None]) -> str:
    """Return the fine spec as YAML with the values of some fields written otherwise, None for one left out."""
    return "".join(f"{name}: {value}\n" for name, value in {**FIELDS, **fields}.items() if value is not None)


def clip_facts(content: str = "00", **changes: Any) -> Facts:
    """Return the facts of a plain 1080p25 clip of 100 frames, but for `changes`."""
    return facts(content=content, **changes)


@dataclass(frozen=True)
class Team:
    """A repository in git; `top` is the project's folder, which need not be git's top."""

    top: Path

    def git(self, *arguments: str) -> str:
        return git(self.top, *arguments)

    def write(self, path: str, text: str) -> Path:
        file = self.top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def spec(self, name: str = "day.yaml", /, **fields: str | None) -> Path:
        return self.write(f"specs/{name}", spec_text(fields))

    def lock(
        self,
        name: str = "day.yaml",
        /,
        sources: Mapping[str, Facts | str] | Sequence[str] = ("media:a.mov", "media:b.mov"),
        *,
        toolchain: str = "9.0",
        recipes: int = 1,
        indices: Mapping[str, int] | None = None,
    ) -> Path:
        """Lock sources with facts, or with the reason why one is unusable; by default each is a clip of its own."""
        known = sources if isinstance(sources, Mapping) else {each: clip_facts(each) for each in sources}
        lines = [
            Locked(
                location=place,
                index=(indices or {}).get(place, number),
                facts=each if isinstance(each, Facts) else None,
                unusable=each if isinstance(each, str) else None,
            )
            for number, (place, each) in enumerate(known.items())
        ]
        header = Header(format=FORMAT, toolchain=toolchain, recipes=recipes)
        path = self.top / lock_of(f"specs/{name}")
        path.write_bytes(write_lock(Lock(header, tuple(lines))))
        return path

    def locked(self, name: str = "day.yaml", /, **fields: str | None) -> None:
        """Write a spec and the lock of its two plain sources."""
        self.spec(name, **fields)
        self.lock(name)

    def replace(self, path: str, old: str, new: str) -> None:
        file = self.top / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def commit(self, words: str = "an edit") -> str:
        self.git("add", "--all", ".")
        self.git("commit", "--quiet", "--allow-empty", "--message", words)
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str = "edit") -> None:
        self.git("switch", "--quiet", "--create", name)

    def diff(self, base: str = "main", head: str | None = None) -> Diff:
        """Return what `jobspec diff` is about, from a revision to another, or to the work tree."""
        return compared(self.top, base, head)


def team(top: Path) -> Team:
    """Return a new repository with an empty project, committed on main."""
    top.mkdir(parents=True, exist_ok=True)
    git(top, "init", "--quiet", "--initial-branch", "main")
    return project(top)


def project(top: Path) -> Team:
    """Make a folder of a git repository a project."""
    found = Team(top)
    found.write("jobspec.toml", PROJECT)
    found.commit("begin")
    return found


def compared(top: Path, base: str, head: str | None = None) -> Diff:
    clone = clone_of(top)
    with GitTree(clone, clone.merge_base(base, head or "HEAD")) as first:
        before = side_of(first)
    if head is None:
        return diff(before, side_of(WorkTree(top)))
    with GitTree(clone, clone.commit(head)) as last:
        return diff(before, side_of(last))


def kinds(found: Diff) -> dict[str, int]:
    """Return how many outputs there are of each kind that there is."""
    return {str(kind): found.count(kind) for kind in Kind if found.count(kind)}


def titles(found: Diff) -> list[str]:
    return [group.title for group in found.groups]


def the_group(found: Diff) -> Group:
    (group,) = found.groups
    return group


def the_change(found: Diff) -> Change:
    (change,) = found.changes
    return change
