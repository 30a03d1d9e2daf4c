"""What there is to do among 10,000 files: `jobspec status`, Snakemake's dry run and `make -n`, on the same ones.

Each tool gets the files as its users write it: a pattern for source and output. Nothing is made, or all of it.
Snakemake comes from PyPI into an environment of its own below build/; GNU make is the machine's.
"""

import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from runner.media.lock import FORMAT, Header, Lock, Locked, lock_of, write_lock
from tests.benchmarks.harness import Case, Figures, Table, interleaved, measured
from tests.benchmarks.repositories import BASE, PROJECT, facts, finished, mounts, planned, write

FILES, DAYS = 10_000, 20
ENVIRONMENT = Path("build/others/snakemake")
GOALS = {"Snakemake": 10, "make": 5}
SPEC = 'jobspec_version: "2.0"\nsources:\n  - glob: "media:**/*.mov"\noutput_directory: "proxies:"\n' + BASE.replace(
    "{{ source_name }}_{{ width }}x{{ height }}_proxy", "{{ source_dir }}/{{ source_name }}_proxy"
)
MAKEFILE = """\
SOURCES := $(shell find media -name '*.mov')
all: $(SOURCES:media/%.mov=proxies/%_proxy.mov)
proxies/%_proxy.mov: media/%.mov
\tffmpeg -i $< -c:v prores_ks -profile:v 0 $@
"""
SNAKEFILE = """\
CLIPS, = glob_wildcards("media/{clip}.mov")
rule all:
    input: expand("proxies/{clip}_proxy.mov", clip=CLIPS)
rule proxy:
    input: "media/{clip}.mov"
    output: "proxies/{clip}_proxy.mov"
    shell: "ffmpeg -i {input} -c:v prores_ks -profile:v 0 {output}"
"""


def tables(runs: int, files: int = FILES) -> list[Table]:
    """Return what each tool takes to say what is to be made: all of it, and nothing."""
    snakemake, make = _snakemake(), shutil.which("make")
    with tempfile.TemporaryDirectory(prefix="jobspec-bench-") as folder:
        found = [_compared(Path(folder, name), files, name == "all made", snakemake, make, runs) for name in _STATES]
    missing = [name for name, tool in (("Snakemake", snakemake), ("GNU make", make)) if not tool]
    left_out = f" Missing here, and so not measured: {', '.join(missing)}." if missing else ""
    return [
        Table(title=table.title, columns=table.columns, rows=table.rows, note=table.note + left_out) for table in found
    ]


_STATES = ("nothing made", "all made")


def _snakemake() -> Path | None:
    """Return Snakemake, installed into an environment of its own when it is not there yet; None when that fails."""
    command = ENVIRONMENT / "bin/snakemake"
    if not command.exists():
        venv.create(ENVIRONMENT, with_pip=True)
        install = [str(ENVIRONMENT / "bin/python"), "-m", "pip", "install", "--quiet", "snakemake"]
        if subprocess.run(install, capture_output=True).returncode:
            return None
    return command.absolute()


def _compared(top: Path, files: int, done: bool, snakemake: Path | None, make: str | None, runs: int) -> Table:
    _files(top, files, done)
    found = interleaved(_cases(top, snakemake, make), runs)
    ours = found["jobspec status, again"]
    rows = tuple((f"`{name}`", each.wall, each.cpu, each.cpu / ours.cpu) for name, each in found.items())
    goals = " and ".join(f"{times} for {name}" for name, times in GOALS.items())
    return Table(
        title=f"{files:,} files, {'all' if done else 'nothing'} made",
        columns=("command", "wall, s", "CPU, s", "times ours"),
        rows=rows,
        note=f"Times by CPU seconds against `jobspec status, again`. Goals: {goals}.",
    )


def _cases(top: Path, snakemake: Path | None, make: str | None) -> dict[str, Case]:
    def status() -> Figures:
        return measured([sys.executable, "-m", "runner", "status"], cwd=top, env=mounts(top))

    def first() -> Figures:
        shutil.rmtree(top / "cache", ignore_errors=True)
        return status()

    cases: dict[str, Case] = {"jobspec status, the first time": first, "jobspec status, again": status}
    if snakemake:
        home = {"XDG_CACHE_HOME": str(top / "snakemake")}
        cases["snakemake --dry-run"] = lambda: measured([snakemake, "--dry-run", "--quiet"], cwd=top, env=home)
    if make:
        cases["make -n"] = lambda: measured([make, "-n"], cwd=top)
    return cases


def _files(top: Path, files: int, done: bool) -> None:
    """Make the files of one case, with what tells each tool of them."""
    places = [f"day{number % DAYS:03d}/A{number:05d}.mov" for number in range(files)]
    for place in places:
        write(top / "media" / place, b"")
    known = [Locked(location=f"media:{place}", index=n, facts=facts(0, n)) for n, place in enumerate(places)]
    lock = Lock(Header(format=FORMAT, toolchain="9.0", recipes=1), tuple(known))
    for path, text in (
        ("jobspec.toml", PROJECT),
        ("specs/all.yaml", SPEC),
        ("Makefile", MAKEFILE),
        ("Snakefile", SNAKEFILE),
    ):
        write(top / path, text.encode())
    write(top / lock_of("specs/all.yaml"), write_lock(lock))
    if done:
        finished(planned(top), top / "proxies")
