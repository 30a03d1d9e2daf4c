"""How long it takes, and how much memory, to plan 10,000 locked sources in 50 specs, and to diff one changed base.

The repository lies in a temporary folder, with locks of facts made up for it.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from runner.media.facts import Colour, Content, Facts, Picture, Sound
from runner.media.lock import FORMAT, Header, Lock, Locked, lock_of, write_lock
from tests.benchmarks.harness import Case, Table, interleaved, measured

SPECS, SOURCES = 50, 10_000
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


def tables(runs: int, specs: int = SPECS, sources: int = SOURCES) -> list[Table]:
    """Return what each command takes over so many locked sources."""
    with tempfile.TemporaryDirectory(prefix="jobspec-bench-") as folder:
        repository(Path(folder), specs, sources)
        found = interleaved({name: _case(Path(folder), words) for name, words in COMMANDS.items()}, runs)
    rows = tuple((f"`{name}`", each.wall, each.cpu, each.megabytes) for name, each in found.items())
    title = f"{sources:,} locked sources in {specs} specs over one base"
    return [Table(title=title, columns=("command", "wall, s", "CPU, s", "memory, MB"), rows=rows)]


def _case(top: Path, words: Sequence[str]) -> Case:
    return lambda: measured([sys.executable, "-m", "runner", *words], cwd=top)
