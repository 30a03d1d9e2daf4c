"""What all tests share: a repository to work in, and the command as a user starts it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clips import clip

SPEC = """\
jobspec_version: "2.0"
sources:
{sources}
output_directory: proxies:out
codec: {codec}
container: {container}
resolution: {resolution}
fps_mode: same-as-source
naming_template: "{template}"
"""


@dataclass(frozen=True)
class Repository:
    """A team's repository with its roots mounted beside it; `jobspec` runs the command as a process."""

    top: Path
    media: Path
    proxies: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.top.parent),
            "JOBSPEC_ROOT_MEDIA": str(self.media),
            "JOBSPEC_ROOT_PROXIES": str(self.proxies),
        }

    def write(self, path: str, text: str) -> Path:
        file = self.top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def spec(
        self,
        name: str = "day.yaml",
        *,
        sources: tuple[str, ...] = ("media:a.mov",),
        codec: str = "prores_proxy",
        container: str = "mov",
        resolution: str = "same",
        template: str = "{{ source_name }}",
        more: str = "",
    ) -> Path:
        listed = "\n".join(f"  - {source}" for source in sources)
        text = SPEC.format(sources=listed, codec=codec, container=container, resolution=resolution, template=template)
        return self.write(f"specs/{name}", text + more)

    def clip(self, name: str = "a.mov", **options: object) -> Path:
        return clip(self.media / name, **options)  # type: ignore[arg-type]

    def jobspec(
        self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "runner", *arguments],
            cwd=cwd or self.top,
            env={**self.environment, **(env or {})},
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
        )

    def outputs(self) -> list[str]:
        """Return what lies under the output folder, our own records left out."""
        files = (path for path in sorted(self.proxies.rglob("*")) if path.is_file())
        return [str(path.relative_to(self.proxies)) for path in files if ".jobspec" not in path.parts]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    found = Repository(tmp_path / "repo", tmp_path / "media", tmp_path / "proxies")
    for folder in (found.top, found.media, found.proxies):
        folder.mkdir()
    found.write("jobspec.toml", '[roots]\nmedia = "camera originals"\nproxies = "what we make"\n')
    return found


@pytest.fixture
def in_folder(tmp_path: Path) -> Iterator[Callable[[Path], None]]:
    """Change the working directory for the length of a test."""
    before = Path.cwd()
    yield os.chdir
    os.chdir(before)
