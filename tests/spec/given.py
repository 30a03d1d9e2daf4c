"""A spec that is fine, for each test to spoil in one place."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from runner import JobSpec
from runner.errors import Problem
from runner.spec.project import read_project
from runner.spec.repository import Reading, read_spec
from runner.spec.tree import WorkTree

FINE: dict[str, Any] = {
    "jobspec_version": "2.0",
    "sources": ["media:a.mov"],
    "output_directory": "proxies:out",
    "codec": "prores_proxy",
    "container": "mov",
    "resolution": "half",
    "fps_mode": "same-as-source",
    "naming_template": "{{ source_name }}",
}
# The same as an author writes it; line numbers in tests count from here.
TEXT = """\
jobspec_version: "2.0"
sources:
  - media:a.mov
output_directory: proxies:out
codec: prores_proxy
container: mov
resolution: half
fps_mode: same-as-source
naming_template: "{{ source_name }}"
"""


def plain(**changes: object) -> dict[str, Any]:
    """Return the fine spec as plain data with some fields changed."""
    return {**FINE, **changes}


def without(*names: str) -> dict[str, Any]:
    """Return the fine spec as plain data without some fields."""
    return {name: value for name, value in FINE.items() if name not in names}


def job(**changes: Any) -> JobSpec:
    """Return the fine spec as a JobSpec made in Python, with some fields changed."""
    return JobSpec(**{**without("jobspec_version"), **changes})


def text(**changes: str) -> str:
    """Return the fine spec as YAML with the values of some fields written otherwise; new fields come last."""
    lines = TEXT.splitlines()
    for name, value in changes.items():
        written = f"{name}: {value}" if not value.startswith("\n") else f"{name}:{value}".rstrip("\n")
        place = next((number for number, line in enumerate(lines) if line.startswith(f"{name}:")), len(lines))
        after = place + (2 if name == "sources" and place < len(lines) else 1)
        lines[place:after] = [written]
    return "\n".join(lines) + "\n"


def read(top: Path, spec: str | bytes, file: str = "specs/day.yaml") -> Reading:
    """Write a spec into a repository and read it as `check` does."""
    path = top / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(spec if isinstance(spec, bytes) else spec.encode())
    project = top / "jobspec.toml"
    if not project.exists():
        project.write_text('[roots]\nmedia = "camera originals"\nproxies = "what we make"\n', encoding="utf-8")
    tree = WorkTree(top)
    return read_spec(tree, file, read_project(tree))


def lines(problems: Iterable[Problem]) -> list[str]:
    """Return problems as a user reads them."""
    return [str(each) for each in problems]


def codes(problems: Iterable[Problem]) -> list[str]:
    """Return only the codes of problems, sorted."""
    return sorted(each.code for each in problems)
