"""What the tests of CI share: git as a fresh machine has it, and this package as a repository of its own."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

HOME = Path(__file__).parents[2]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of the tests (so with pip's settings), but with nothing of anybody's git in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "JOBSPEC_", "GITHUB_"))}
    who = {
        f"GIT_{role}_{what}": f"{role}@localhost".lower()
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    return {**kept, **who, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PIP_NO_COMPILE": "1", **more}


def git(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run git in a folder and return what it printed."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=env or environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit_all(folder: Path, message: str = "change") -> str:
    """Commit everything in a work tree and return the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


def copy_of_this_package(folder: Path) -> Path:
    """Copy what pip needs to install this package, and what CI systems look for, as it stands here."""
    folder.mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml", "action.yml"):
        shutil.copy(HOME / name, folder)
    shutil.copytree(HOME / "runner", folder / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    return folder
