"""How long it takes, and how much memory, to plan 10,000 locked sources in 50 specs, and to diff one changed base.

`python -m tests.benchmarks.plan_and_diff [SPECS SOURCES]` makes a repository in a temporary folder, with locks of facts
made up for it, and prints the medians of three runs that take turns, as a Markdown table and as a line of JSON.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from statistics import median

from runner.media.facts import Colour, Content, Facts, Picture, Sound
from runner.media.lock import FORMAT, Header, Lock, Locked, lock_of, write_lock

SPECS, SOURCES, RUNS = 50, 10_000, 3
PROJECT = '[roots]\nmedia = "camera originals"\nproxies = "what we make"\n'
BASE = """\
codec: prores_proxy
container: mov
resolution: half
fps_mode: same-as-source
naming_template: "{{ source_name }}_{{ width }}x{{ height }}_proxy"
"""
SPEC = """\
jobspec_version: "2.0"
extends: profiles/house.yaml
sources:
  - glob: "media:day{day:02d}/**/*.mov"
output_directory: proxies:day{day:02d}
"""
COMMANDS = {
    "jobspec plan --locked --format jsonl": ("plan", "--locked", "--format", "jsonl"),
    "jobspec diff main (one base changed)": ("diff", "main"),
    "jobspec diff main --format markdown": ("diff", "main", "--format", "markdown"),
    "jobspec check": ("check",),
}


@dataclass(frozen=True)
class Figures:
    """What one run took: seconds on the clock, seconds of CPU with git's, megabytes of memory at most."""

    wall: float
    cpu: float
    megabytes: float


def facts(day: int, clip: int) -> Facts:
    """Return the facts of a clip as a cinema camera writes it."""
    track = {"codec": "pcm_s24le", "sample_rate": 48000, "channels": 1, "seconds": Fraction(1001, 24)}
    return Facts(
        content=Content(size=1_000_000 + clip, sample=f"sampled-sha256:{day:032x}{clip:032x}"),
        format="mov,mp4,m4a,3gp,3g2,mj2",
        picture=Picture(
            codec="prores",
            width=1920,
            height=1080,
            sar=Fraction(1),
            pixel_format="yuv422p10le",
            depth=10,
            rate=Fraction(24000, 1001),
            frames=1000 + clip,
            counted="index",
            scan="progressive",
            colour=Colour(primaries="bt709", transfer="bt709", matrix="bt709", range="tv"),
        ),
        sound=tuple(Sound(stream=stream, **track) for stream in range(2)),  # type: ignore[arg-type]
        timecode=f"{clip // 3600 % 24:02d}:{clip // 60 % 60:02d}:{clip % 60:02d}:00",
        reel=f"A{day:03d}",
    )


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def git(top: Path, *arguments: str) -> None:
    who = ("-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "gc.auto=0")
    subprocess.run(["git", *who, *arguments], cwd=top, check=True, capture_output=True)


def repository(top: Path, specs: int, sources: int) -> None:
    """Make a repository of so many locked sources, committed on main, whose one base is then edited."""
    write(top / "jobspec.toml", PROJECT.encode())
    write(top / "specs/profiles/house.yaml", BASE.encode())
    for day in range(specs):
        file = f"specs/day{day:02d}.yaml"
        clips = range(sources // specs)
        places = [f"media:day{day:02d}/card{clip // 100}/A{day:03d}C{clip:04d}_1123.mov" for clip in clips]
        locked = [Locked(location=place, index=clip, facts=facts(day, clip)) for clip, place in enumerate(places)]
        write(top / file, SPEC.format(day=day).encode())
        write(top / lock_of(file), write_lock(Lock(Header(format=FORMAT, toolchain="9.0", recipes=1), tuple(locked))))
    git(top, "init", "--quiet", "--initial-branch", "main")
    git(top, "add", "--all")
    git(top, "commit", "--quiet", "--message", "fifty days")
    write(top / "specs/profiles/house.yaml", BASE.replace("half", "quarter").encode())


def measured(top: Path, arguments: Sequence[str]) -> Figures:
    """Run the command in a process of its own. Raises CalledProcessError when it fails."""
    command = [sys.executable, "-m", "runner", *arguments]
    begun = time.perf_counter()
    with subprocess.Popen(command, cwd=top, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)  # macOS counts bytes, Linux kilobytes
    return Figures(wall, used.ru_utime + used.ru_stime, kilobytes * 1024 / 1e6)


def machine() -> dict[str, object]:
    """Return what the figures depend on."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        names = (line.partition(":")[2].strip() for line in information.read_text().splitlines())
        heads = (line.partition(":")[0].strip() for line in information.read_text().splitlines())
        model = next((name for head, name in zip(heads, names, strict=True) if head == "model name"), model)
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "git": subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[2],
        "load": round(os.getloadavg()[0], 2),
    }


def medians(figures: Sequence[Figures]) -> Figures:
    return Figures(*(median(getattr(each, name) for each in figures) for name in ("wall", "cpu", "megabytes")))


def measure(specs: int, sources: int) -> dict[str, Figures]:
    """Return the medians of all commands, which take turns so that a busy minute is nobody's alone."""
    taken: dict[str, list[Figures]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory(prefix="jobspec-bench-") as folder:
        repository(Path(folder), specs, sources)
        for _ in range(RUNS):
            for name, arguments in COMMANDS.items():
                taken[name].append(measured(Path(folder), arguments))
    return {name: medians(figures) for name, figures in taken.items()}


def main(specs: int = SPECS, sources: int = SOURCES) -> None:
    """Measure and print."""
    here = machine()
    found = measure(specs, sources)
    print(f"{sources:,} locked sources in {specs} specs over one base; medians of {RUNS} runs that took turns")
    print(", ".join(f"{name} {value}" for name, value in here.items()), end="\n\n")
    print("| command | wall | CPU | memory |\n|---|---|---|---|")
    for name, each in found.items():
        print(f"| `{name}` | {each.wall:.2f} s | {each.cpu:.2f} s | {each.megabytes:.0f} MB |")
    figures = {name: {key: round(value, 3) for key, value in asdict(each).items()} for name, each in found.items()}
    print("\n" + json.dumps({"specs": specs, "sources": sources, "machine": here, "figures": figures}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
