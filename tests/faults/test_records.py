"""Records torn and flipped, clocks set back, two runners at once: what is ours stays ours, and is made once."""

import subprocess
import time
from pathlib import Path

import pytest

from runner.execution.ledger import read_ledger
from tests.cli.inside import jobspec
from tests.execution.fakes import FAILS, fake
from tests.faults.site import Site, copy_site, dice, long, must_have, name_of, new_site, tell


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Site:
    """A site of one output, which is made."""
    site = new_site(tmp_path_factory.mktemp("made"), sample, names=("a.mov",))
    site.complete(names=("a.mov",))
    return site


def ledger_of(site: Site) -> Path:
    (path,) = (site.state / "ledger").iterdir()
    return path


def test_a_ledger_is_torn_at_every_byte_of_its_last_record(made: Site, tmp_path: Path) -> None:
    site = copy_site(made, tmp_path)
    path = ledger_of(site)
    data = path.read_bytes()
    start = data.rindex(b"\n", 0, -1) + 1
    identity = (site.out / "a.mov").stat().st_ino
    for length in range(start, len(data)):
        path.write_bytes(data[:length])
        events = [each.event for each in read_ledger(site.state).of("proxies:out/a.mov")]
        assert events == ["started", "verified"]
    for length in dice("torn", 0).sample(range(start, len(data)), 12):
        path.write_bytes(data[:length])
        done = jobspec(site.repository, "run")
        assert (done.returncode, "up to date" in done.stderr) == (0, True), done.text
    assert (site.out / "a.mov").stat().st_ino == identity
    tell(
        "the ledger is torn at every byte of its last record", "read up to there, the file is ours, nothing made again"
    )


def test_a_ledger_is_torn_at_any_byte_before_that_and_the_file_is_ours_or_left_alone(
    made: Site, tmp_path: Path
) -> None:
    site = copy_site(made, tmp_path)
    path = ledger_of(site)
    data = path.read_bytes()
    verified = data.index(b"\n", data.index(b"\n") + 1) + 1
    for length in dice("torn before", 0).sample(range(verified), 10):
        path.write_bytes(data[:length])
        done = jobspec(site.repository, "run")
        assert done.returncode == 4, done.text
        assert "JS093" in done.stderr
        assert (site.out / "a.mov").exists()
    tell("the ledger is torn before its record `verified`", "exit 4: the file is called foreign and left alone")


@pytest.mark.parametrize("number", [*range(3), *long(3, 60)])
def test_a_ledger_is_flipped_in_the_middle(made: Site, tmp_path: Path, number: int) -> None:
    """What is no record any more is named with its line; what is one still, with another hash, makes it foreign."""
    site, chance = copy_site(made, tmp_path), dice("flip", number)
    path = ledger_of(site)
    data = bytearray(path.read_bytes())
    at = chance.randrange(len(data) - 1)
    data[at] ^= 1 << chance.randrange(8)
    path.write_bytes(bytes(data))
    done = jobspec(site.repository, "run")
    site.judge(done.text)
    assert done.returncode in (0, 3, 4), done.text
    if done.returncode == 3:
        assert f"{path}, line " in done.stderr or "is outdated" in done.text or "is stale" in done.text, done.text
    tell("a bit of the ledger is flipped", name_of(done.returncode))
    path.write_bytes(made_bytes(made))
    site.complete(names=("a.mov",))


def made_bytes(made: Site) -> bytes:
    return ledger_of(made).read_bytes()


# An FFmpeg that notes when another one works on the same output.
ALONE = """\
name=$(printf %s "$*" | sed 's/.*media.\\([abc]\\)[.]mov.*/\\1/')
mkdir "{folder}/$name" || echo "two FFmpegs on $name" >>"{folder}/collisions"
"$real" "$@" "$last"
code=$?
echo "$name" >>"{folder}/encoded"
rmdir "{folder}/$name"
exit $code
"""


@pytest.mark.parametrize("number", [*range(2), *long(2, 20)])
def test_two_runners_begin_at_once(site: Site, number: int) -> None:
    folder = site.repository.top.parent / "alone"
    folder.mkdir()
    ffmpeg = fake(site.repository.top / "ffmpeg", ALONE.format(folder=folder))
    first = site.start("--workers", "2", "--ffmpeg", str(ffmpeg))
    time.sleep(dice("two", number).uniform(0, 0.4))
    second = site.start("--workers", "2", "--ffmpeg", str(ffmpeg))
    told = [each.communicate(timeout=120)[0] for each in (first, second)]
    codes = sorted((first.returncode, second.returncode))
    assert codes in ([0, 0], [0, 75], [75, 75]), told
    assert not (folder / "collisions").exists(), (folder / "collisions").read_text()
    assert sorted((folder / "encoded").read_text().split()) == ["a", "b", "c"], told
    assert sorted(path.name for path in site.finals) == ["a.mov", "b.mov", "c.mov"]
    site.judge("\n".join(told))
    tell("two runners begin at once on one host", f"exit {codes[0]} and {codes[1]}, each output encoded once")
    site.complete()


@pytest.mark.parametrize("number", [0, *long(1, 10)])
def test_two_runners_on_two_hosts_begin_at_once(site: Site, number: int) -> None:
    """Each in a name space of host names and with claims of its own, as over a share that has no locks."""
    must_have("unshare")
    claims = [site.repository.top.parent / f"claims{each}" for each in (1, 2)]
    (site.state / "claims").mkdir(parents=True)
    runners = []
    for each, folder in enumerate(claims):
        folder.mkdir()
        prepare = f'hostname host{each} && mount --bind "{folder}" "{site.state}/claims" && exec "$@"'
        before = ("unshare", "--uts", "--mount", "sh", "-c", prepare, "sh")
        runners.append(site.start("--workers", "2", before=before))
        time.sleep(dice("hosts", number).uniform(0, 0.2))
    told = [each.communicate(timeout=120)[0] for each in runners]
    assert [each.returncode for each in runners] == [0, 0], told
    assert sorted(path.name for path in site.finals) == ["a.mov", "b.mov", "c.mov"]
    site.judge("\n".join(told))
    records = read_ledger(site.state).by_output
    finished = [sum(each.event == "finished" for each in of) for of in records.values()]
    assert finished == [1, 1, 1], told
    yielded = sum(each.event == "yielded" for of in records.values() for each in of)
    tell("two runners begin at once on two hosts", f"one file each; {yielded} of 3 encoded twice and thrown away")
    site.complete()


SHIM = """\
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *now) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(clock, now);
    if (clock == CLOCK_REALTIME) now->tv_sec -= 86400;
    return code;
}
time_t time(time_t *where) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (where) *where = now.tv_sec;
    return now.tv_sec;
}
"""


@pytest.fixture(scope="session")
def yesterday(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which it is yesterday."""
    must_have("gcc")
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", folder / "shim.so", folder / "shim.c", "-ldl"], check=True)
    return {"LD_PRELOAD": str(folder / "shim.so")}


def test_the_clock_is_set_back_a_day_between_two_runs(site: Site, yesterday: dict[str, str]) -> None:
    failing = fake(site.repository.top / "ffmpeg", f'case "$*" in */b.mov*) {FAILS} ;; esac; exec "$real" "$@" "$last"')
    assert site.run("--ffmpeg", str(failing))[0] == 4
    kept = {path.name: path.stat().st_ino for path in site.finals}
    code, said = site.run(env=yesterday)
    assert code == 0, said
    site.judge(said)
    assert {path.name: path.stat().st_ino for path in site.finals if path.name in kept} == kept
    assert read_ledger(site.state).of("proxies:out/b.mov")[-1].event == "failed", "by its time it is the last"
    assert site.repository.jobspec("status").returncode == 0
    (site.out / "a.mov").unlink()
    assert site.run(env=yesterday)[0] == 0
    tell("the clock is set back a day", "nothing is made again, what is missing is made")
    site.complete()


def test_a_runner_of_another_host_that_is_gone_is_taken_over(site: Site) -> None:
    before = ("unshare", "--uts", "sh", "-c", 'hostname gone && exec "$@"', "sh")
    slow = fake(site.repository.top / "ffmpeg", 'exec "$real" -re -stream_loop -1 "$@" "$last"')
    process = site.start("--workers", "2", "--ffmpeg", str(slow), before=before)
    site.wait_for(process, lambda: len([*site.state.glob("work/*/output.*")]) == 2)
    process.kill()
    process.communicate()
    code, said = site.run("--workers", "1")
    assert code == 75, said
    assert "--take-over gone" in said
    assert len(list((site.state.parent / ".jobspec/work").iterdir())) == 2
    site.judge(said)
    tell("the runner of another host is gone", "exit 75; with --take-over HOST all is made")
    site.complete("--take-over", "gone")
