"""Repositories to measure with: locked sources by the thousand, made up, and outputs that seem to be made.

No media is encoded for them: what plans, or looks at what was made, reads locks, ledgers and stats alone.
"""

import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from runner import canonical
from runner.execution.ledger import Event, Record
from runner.media.facts import Colour, Content, Facts, Picture, Sound
from runner.media.lock import FORMAT, Header, Lock, Locked, lock_of, write_lock
from runner.plan.build import build
from runner.plan.expansion import expand
from runner.plan.model import Output, Plan
from runner.spec.location import parse_location
from runner.spec.project import read_project
from runner.spec.repository import find_specs
from runner.spec.tree import SPECS, WorkTree

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
  - glob: "media:day{day:03d}/**/*.mov"
output_directory: proxies:day{day:03d}
"""
FILM = Fraction(24000, 1001)
MAKE = """
import sys
from pathlib import Path
from tests.benchmarks.repositories import made
made(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
"""


def facts(day: int, clip: int) -> Facts:
    """Return the facts of a clip as a cinema camera writes it: no two are equally long."""
    frames = 1000 + clip
    track = {"codec": "pcm_s24le", "sample_rate": 48000, "channels": 1, "seconds": Fraction(frames) / FILM}
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
            rate=FILM,
            frames=frames,
            counted="index",
            scan="progressive",
            colour=Colour(primaries="bt709", transfer="bt709", matrix="bt709", range="tv"),
        ),
        sound=tuple(Sound(stream=stream, **track) for stream in range(2)),  # type: ignore[arg-type]
        timecode=f"{clip // 3600 % 24:02d}:{clip // 60 % 60:02d}:{clip % 60:02d}:00",
        reel=f"A{day:03d}",
    )


def clip_of(day: int, clip: int) -> str:
    """Return where a clip lies below the root of the originals."""
    return f"day{day:03d}/card{clip // 100}/A{day:03d}C{clip:04d}_1123.mov"


def write(path: Path, data: bytes) -> None:
    """Write a file, and the folders around it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def locked(top: Path, specs: int, sources: int) -> None:
    """Make a repository of so many locked sources."""
    write(top / "jobspec.toml", PROJECT.encode())
    write(top / "specs/profiles/house.yaml", BASE.encode())
    header = Header(format=FORMAT, toolchain="9.0", recipes=1)
    for day in range(specs):
        file, clips = f"specs/day{day:03d}.yaml", range(sources // specs)
        known = [Locked(location=f"media:{clip_of(day, clip)}", index=clip, facts=facts(day, clip)) for clip in clips]
        write(top / file, SPEC.format(day=day).encode())
        write(top / lock_of(file), write_lock(Lock(header, tuple(known))))


def committed(top: Path, specs: int, sources: int) -> None:
    """Make such a repository, committed on main, whose one base is then edited."""
    locked(top, specs, sources)
    _git(top, "init", "--quiet", "--initial-branch", "main")
    _git(top, "add", "--all")
    _git(top, "commit", "--quiet", "--message", "all days")
    write(top / "specs/profiles/house.yaml", BASE.replace("half", "quarter").encode())


def _git(top: Path, *arguments: str) -> None:
    who = ("-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "gc.auto=0")
    subprocess.run(["git", *who, *arguments], cwd=top, check=True, capture_output=True)


def mounts(top: Path) -> dict[str, str]:
    """Return the environment that mounts the roots of `made`, and keeps to itself what is cached."""
    return {
        "JOBSPEC_ROOT_MEDIA": str(top / "media"),
        "JOBSPEC_ROOT_PROXIES": str(top / "proxies"),
        "XDG_CACHE_HOME": str(top / "cache"),
    }


def made(top: Path, specs: int, sources: int) -> None:
    """Make such a repository with its originals, empty, and all outputs as if a run had just made them."""
    locked(top, specs, sources)
    for day in range(specs):
        for clip in range(sources // specs):
            write(top / "media" / clip_of(day, clip), b"")
    finished(planned(top), top / "proxies")


def made_apart(top: Path, specs: int, sources: int) -> None:
    """Do so in a process of its own: what this one holds would count as the memory of those that it starts."""
    words = [sys.executable, "-c", MAKE, str(top), str(specs), str(sources)]
    subprocess.run(words, cwd=Path(__file__).parents[2], check=True)


def planned(top: Path) -> Plan:
    """Return the plan of all specs of a repository."""
    tree = WorkTree(top)
    specs = expand(tree, find_specs(tree, SPECS), read_project(tree))
    return build([each.request for each in specs if each.request], toolchain="9.0", number=1)


def finished(plan: Plan, proxies: Path) -> None:
    """Write every output of a plan, as one byte, and the records of a run that made it."""
    lines: dict[str, list[bytes]] = {}
    for number, output in enumerate(plan.outputs):
        path = proxies / parse_location(output.location).path
        write(path, b"!")
        told = _records(output, number, path.stat().st_mtime_ns)
        lines.setdefault(output.state, []).extend(canonical.encode(each) + b"\n" for each in told)
    for state, each in lines.items():
        write(proxies / parse_location(state).path / "ledger/bench-1-0.jsonl", b"".join(each))


def _records(output: Output, number: int, mtime: int) -> Iterator[Record]:
    for moment, event in enumerate(("started", "verified", "finished")):
        yield _record(output, event, number, 3 * number + moment, mtime)  # type: ignore[arg-type]


def _record(output: Output, event: Event, number: int, moment: int, mtime: int) -> Record:
    seconds, known = moment // 1000, event != "started"
    return Record(
        event=event,
        output=output.location,
        key=output.key,
        attempt=f"bench-1-0-{number}",
        writer="bench-1-0",
        plan=f"sha256:{0:064x}",
        toolchain="ffmpeg version 9.0.2-static",
        time=f"2026-11-28T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{moment % 1000:06d}+00:00",
        size=1 if known else None,
        sha256=f"{number:064x}" if known else None,
        mtime=mtime if known else None,
        rung="renameat2" if event == "finished" else None,
        job=output.job,
        arguments=f"sha256:{number:064x}",
    )
