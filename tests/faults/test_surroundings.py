"""What is around a run: FFmpegs that misbehave, readers that go away, few descriptors, little memory."""

import os
import resource
import subprocess
import sys

import pytest

from tests.execution.fakes import fake
from tests.faults.site import Site, name_of, tell

FIRST = 'case "$*" in */a.mov*) {} ;; esac\nexec "$real" "$@" "$last"'
HOLE = """\
"$real" "$@" "$last"
f=${last#file:}
dd if=/dev/zero of="$f" bs=1 seek=$(($(wc -c <"$f") - 700)) count=600 conv=notrunc 2>/dev/null
exit 0"""
FAKES = [
    pytest.param("exit 0", "JS092", (), id="exits with 0 without a file"),
    pytest.param(': >"${last#file:}"; exit 0', "JS092", (), id="writes an empty file"),
    pytest.param("kill -SEGV $$", "JS171", (), id="crashes"),
    pytest.param("trap '' TERM; while :; do sleep 0.1; done", "JS172", ("--stall-timeout", "4"), id="hangs"),
    pytest.param("exec yes >&2", "JS178", (), id="prints without end to stderr"),
    pytest.param("exec yes frame=1", "JS173", ("--timeout", "10"), id="prints progress without end"),
    pytest.param('exec "$real" "$@" -frames:v 4 "$last"', "JS092", (), id="writes a short, valid file"),
    pytest.param('exec "$real" "$@" -t 0.32 "$last"', "JS092", (), id="leaves two frames out"),
    pytest.param('"$real" "$@" "$last"; echo "well, nearly" >&2; exit 0', "JS091", (), id="complains"),
    pytest.param('"$real" "$@" "$last"; exit 1', "JS090", (), id="exits with 1 after a whole file"),
    pytest.param(HOLE, "JS092", (), id="writes a file with a hole in its index"),
    pytest.param('ln -s /etc/passwd "${last#file:}"; exit 0', "JS092", (), id="leaves a link"),
    pytest.param('mkdir "${last#file:}"; exit 0', "JS092", (), id="leaves a folder"),
]  # fmt: skip
QUICK = {"exits with 0 without a file", "crashes", "hangs", "prints without end to stderr"}


@pytest.mark.parametrize(
    ("encode", "code", "arguments"),
    [each if each.id in QUICK else pytest.param(*each.values, id=each.id, marks=pytest.mark.long) for each in FAKES],
)
def test_an_ffmpeg_misbehaves(
    site: Site, encode: str, code: str, arguments: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    ffmpeg = fake(site.repository.top / "ffmpeg", FIRST.format(encode))
    exited, said = site.run("--retries", "0", "--ffmpeg", str(ffmpeg), *arguments)
    assert exited == 4, said
    assert code in said, said
    assert "log" in said
    assert sorted(path.name for path in site.finals) == ["b.mov", "c.mov"]
    site.judge(said)
    assert all(path.stat().st_size < (1 << 20) + 8192 for path in (site.state / "logs").iterdir())
    tell(f"an FFmpeg that {request.node.callspec.id}", f"{code}, {name_of(exited)}")
    site.complete()


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_whoever_reads_goes_away(site: Site, closed: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = site.start(**{"stderr": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, closed: writing})
    os.close(writing)
    assert process.wait(60) == 0
    assert len(site.finals) == 3
    site.judge()
    tell(f"{closed} is a closed pipe", "exit 0, all made: the exit code tells")
    site.complete()


LIMITED = "import os, resource, sys; n = int(sys.argv[1]); resource.setrlimit(resource.RLIMIT_NOFILE, (n, n)); "
LIMITED += "os.execv(sys.argv[2], sys.argv[2:])"


@pytest.mark.parametrize(
    "count",
    [12, 18, *[pytest.param(n, marks=pytest.mark.long) for n in (*range(6, 12), *range(13, 18), *range(19, 34), 64)]],
)
def test_there_are_few_descriptors(site: Site, count: int) -> None:
    code, said = site.run("--workers", "2", "--retries", "0", before=(sys.executable, "-c", LIMITED, str(count)))
    assert site.ffmpegs() == []
    assert code in (0, 1, 4, 70, 75), said
    assert code != 0 or len(site.finals) == 3
    if code != 70:  # Python itself cannot load its modules with so few
        site.judge(said)
    tell("few file descriptors (6 to 64)", f"{name_of(code)}, {'all' if code == 0 else 'not all'} made")
    site.complete()


def test_there_is_little_memory(site: Site) -> None:
    code, said = site.run("--retries", "0", "--memory", "20M")
    assert code == 4, said
    assert "JS176" in said or "JS171" in said, said
    site.judge(said)
    assert resource.getrlimit(resource.RLIMIT_DATA)[0] == resource.RLIM_INFINITY
    tell("too little memory for FFmpeg", name_of(code))
    site.complete()


def test_ffmpeg_is_not_there_any_more(site: Site) -> None:
    program = site.repository.top / "ffmpeg"
    ffmpeg = fake(program, f'"$real" "$@" "$last"; code=$?; rm -f "{program}"; exit $code')
    code, said = site.run("--workers", "1", "--ffmpeg", str(ffmpeg))
    assert code == 4, said
    assert "JS170" in said
    site.judge(said)
    tell("FFmpeg is taken away during a run", name_of(code))
    site.complete()
