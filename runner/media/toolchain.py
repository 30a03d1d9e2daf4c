"""Which FFmpeg is here, and what it can do."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from runner.errors import JobspecError, Problem, problem

VARIABLE = "JOBSPEC_FFMPEG"


@dataclass(frozen=True, slots=True)
class Build:
    """An FFmpeg that is here: where, its own words for its version, its release line ("9.0") or None."""

    path: Path
    version: str
    line: str | None


def bundled() -> Path | None:
    """Return the FFmpeg in the imageio-ffmpeg wheel; its own look-up trusts the environment and PATH."""
    spec = importlib.util.find_spec("imageio_ffmpeg")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    found = (path for folder in folders for path in sorted((Path(folder) / "binaries").glob("ffmpeg-*")))
    return next(found, None)


def find_ffmpeg(option: str | None, environ: Mapping[str, str]) -> Path:
    """Return the FFmpeg to run: --ffmpeg, else JOBSPEC_FFMPEG, else the bundled one, else PATH; starts nothing.

    Raises JobspecError when there is none.
    """
    for origin, named in (("--ffmpeg", option), (VARIABLE, environ.get(VARIABLE))):
        if named:
            found = shutil.which(named, path=environ.get("PATH", ""))
            if not found:
                raise JobspecError(problem("JS080", reason=f"{origin} names {named}, which is no program"))
            return Path(found).absolute()
    path = bundled() or shutil.which("ffmpeg", path=environ.get("PATH", ""))
    if not path:
        raise JobspecError(problem("JS080", reason="install imageio-ffmpeg, or pass --ffmpeg"))
    return Path(path).absolute()


def _asked(path: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            [path, "-hide_banner", *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise JobspecError(problem("JS080", reason=f"{path} does not answer: {error}")) from None
    return done.stdout.decode("utf-8", "replace")


def identify(path: Path) -> Build:
    """Ask an FFmpeg for its version. Raises JobspecError when it does not answer."""
    version = _asked(path, "-version").partition("\n")[0].removeprefix("ffmpeg version ").partition(" Copyright")[0]
    match = re.match(r"n?(\d+\.\d+)", version)
    return Build(path, version, match[1] if match else None)


def encoders(path: Path) -> frozenset[str]:
    """Return the names of the encoders that an FFmpeg has."""
    return frozenset(re.findall(r"^ [VAS][F.][S.][X.][B.][D.] (\S+)", _asked(path, "-encoders"), re.MULTILINE))


def filters(path: Path) -> frozenset[str]:
    """Return the names of the filters that an FFmpeg has."""
    return frozenset(re.findall(r"^ [T.][S.][C.]? +(\S+) +\S+->\S+", _asked(path, "-filters"), re.MULTILINE))


_HAS = {"encoder": encoders, "filter": filters}


def lacking(build: Build, kind: Literal["encoder", "filter"], needed: frozenset[str]) -> list[Problem]:
    """Return a problem (3) for each encoder or filter that the plan needs and `build` does not have."""
    missing = sorted(needed - _HAS[kind](build.path)) if needed else []
    return [problem("JS082", program=build.path, kind=kind, name=name) for name in missing]


def another_line(build: Build, declared: str) -> Problem | None:
    """Return the problem (3) of a build of another release line than declared, or None."""
    real = build.line or build.version
    return problem("JS081", declared=declared, program=build.path, real=real) if build.line != declared else None


def fit(build: Build, declared: str, needed: frozenset[str]) -> None:
    """Raise JobspecError (3) when `build` is of another release line than declared, or lacks an encoder."""
    if wrong := another_line(build, declared):
        raise JobspecError(wrong)
    if missing := lacking(build, "encoder", needed):
        raise JobspecError(missing)
