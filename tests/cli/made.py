"""What a run left, made once and copied for each test: starting the command costs half a second."""

import shutil
from pathlib import Path

from tests.conftest import Repository


def new_repository(top: Path) -> Repository:
    """Return an empty repository with its roots beside it, as the fixture of that name has it."""
    repository = Repository(top / "repo", top / "media", top / "proxies")
    for folder in (repository.top, repository.media, repository.proxies):
        folder.mkdir()
    repository.write("jobspec.toml", '[roots]\nmedia = "camera originals"\nproxies = "what we make"\n')
    return repository


def made_once(top: Path) -> Repository:
    """Return a repository whose one spec has made its one output, proxies:out/a.mov with a track of sound."""
    repository = new_repository(top)
    repository.clip(tracks=(1,))
    repository.spec()
    done = repository.jobspec("run")
    assert done.returncode == 0, done.stderr
    return repository


def fill(repository: Repository, once: Repository) -> None:
    """Copy specs, media, outputs and records into a new repository; times are kept, so what was made counts as made."""
    for old, new in ((once.top, repository.top), (once.media, repository.media), (once.proxies, repository.proxies)):
        shutil.copytree(old, new, dirs_exist_ok=True, symlinks=True)
