"""Sources that change, vanish, or are damaged: named, never half a proxy, never anything written to them."""

import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.made import new_repository
from tests.clips import clip
from tests.execution.fakes import waiting
from tests.faults.site import FRAMES, Site, dice, frames_of, long, name_of, new_site, tell


def unlink(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def overwrite(path: Path) -> None:
    """Another content of the same size, and the times put back."""
    status = path.stat()
    with path.open("r+b") as file:
        file.seek(status.st_size // 2)
        file.write(os.urandom(64))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def swap(path: Path) -> None:
    twin = path.with_name(".twin")
    shutil.copy2(path, twin)
    twin.replace(path)


LATE = pytest.param("when all of it was read", marks=pytest.mark.long)


@pytest.mark.parametrize("moment", ["while it is read", LATE])
@pytest.mark.parametrize("change", [unlink, truncate, overwrite, grow, swap], ids=lambda each: each.__name__)
def test_a_source_changes_while_it_is_encoded(site: Site, change: Callable[[Path], None], moment: str) -> None:
    source, begun, go_on = site.repository.media / "a.mov", site.repository.top / "begun", site.repository.top / "go"
    original = source.read_bytes()
    reading = '"$real" -readrate 0.4 -readrate_initial_burst 0.01 "$@" "$last"'
    encode = f": >'{begun}'; {reading}" if moment == "while it is read" else '"$real" "$@" "$last"'
    ffmpeg = waiting(site.repository.top / "ffmpeg", begun, go_on, encode)
    process = site.start("--workers", "1", "--only", "*/a.mov", "--ffmpeg", str(ffmpeg))
    site.wait_for(process, begun.exists)
    time.sleep(0.15)
    change(source)
    go_on.touch()
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 4, said
    assert "JS094" in said, said
    assert site.finals == [], said
    site.judge(said, sources=False)
    tell(f"source: {change.__name__} {moment}", name_of(process.returncode))
    source.write_bytes(original)
    site.complete()


# Truncations. A container with its index at the end, one with it in front, and three that are read as they come.
@dataclass(frozen=True)
class Kind:
    """A container that sources come in, and how to write one."""

    name: str
    extra: tuple[str, ...] = ()
    sound: tuple[str, ...] = ("-c:a", "pcm_s16le")


KINDS = (
    Kind("mov"),
    Kind("mp4", ("-movflags", "+faststart"), ("-c:a", "aac")),
    Kind("mkv"),
    Kind("mxf", ("-ar", "48000")),
    Kind("ts", (), ("-c:a", "aac")),
)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("whole")
    made = {}
    for kind in KINDS:
        encode = ("-c:v", "mpeg2video", "-q:v", "4", "-pix_fmt", "yuv420p")
        path = folder / f"a.{kind.name}"
        made[kind.name] = clip(path, tracks=(1,), encode=encode, sound=kind.sound, extra=kind.extra, seconds=2)
    return made


def verdict(site: Site, before: int, code: int, said: str) -> str:
    """Return how a truncated source was found, or that nothing found it."""
    if code:
        found = re.search(r"JS(?!124)\d{3}", said)
        assert found, said
        return f"{found[0]}, exit {code}"
    made = frames_of(site.finals[0])
    return "not detected, nothing is lost" if made == before else f"not detected, {made} of {before} frames are there"


@pytest.mark.parametrize("kind", [each.name for each in KINDS])
@pytest.mark.parametrize("number", [0, *long(1, 20)])
def test_a_source_was_cut_off_before_it_was_ever_looked_at(
    tmp_path: Path, whole: dict[str, Path], kind: str, number: int
) -> None:
    """Nothing says how long it was to be: what its own index and packets do not tell, nobody can."""
    chance = dice(f"cut {kind}", number)
    data = whole[kind].read_bytes()
    # most of them near the end, where they are hard to find
    at = int(len(data) * (1 - chance.random() ** 3)) - 1
    cut = tmp_path / f"a.{kind}"
    cut.write_bytes(data[: max(0, at)])
    (tmp_path / "site").mkdir()
    repository = new_repository(tmp_path / "site")
    shutil.copyfile(cut, repository.media / cut.name)
    repository.spec(sources=(f"media:{cut.name}",))
    site = Site(repository)
    site.remember()
    code, said = site.run("--retries", "0")
    assert site.ffmpegs() == []
    assert code or site.finals
    how = verdict(site, 50, code, said)
    assert "Traceback" not in said
    if not code:  # what was made is at least what can be got from the source
        assert frames_of(site.finals[0]) > 0
    tell(f"a {kind} that was cut off before it was locked", how)


@pytest.mark.parametrize("kind", [each.name for each in KINDS])
@pytest.mark.parametrize("number", [0, *long(1, 20)])
def test_a_source_is_cut_off_after_it_was_locked(
    tmp_path: Path, whole: dict[str, Path], kind: str, number: int
) -> None:
    site = new_site(tmp_path, whole[kind], names=(f"a.{kind}",))
    path = site.repository.media / f"a.{kind}"
    os.truncate(path, dice(f"cut later {kind}", number).randrange(path.stat().st_size))
    site.remember()
    code, said = site.run("--retries", "0")
    assert code == 4, said
    assert "JS094" in said
    assert site.finals == []
    site.judge(said)
    tell(f"a {kind} that was cut off after it was locked", "JS094, the source changed")


def test_a_source_with_a_hole_in_its_picture_is_called_damaged(site: Site) -> None:
    path = site.repository.media / "a.mov"
    with path.open("r+b") as file:
        file.seek(3000)
        file.write(b"\0" * 2000)
    site.remember()
    assert site.repository.jobspec("lock").returncode == 0
    code, said = site.run("--retries", "0")
    assert code == 4, said
    assert 'JS177: the source "media:a.mov" is damaged' in said
    assert sorted(path.name for path in site.finals) == ["b.mov", "c.mov"]
    site.judge(said)
    tell("a source with a hole in its picture", name_of(code))


def test_a_hard_link_to_the_source_stands_in_the_place_of_its_output(site: Site) -> None:
    site.out.mkdir(parents=True, exist_ok=True)
    os.link(site.repository.media / "a.mov", site.out / "a.mov")
    code, said = site.run()
    assert code == 4, said
    assert "JS093" in said
    assert (site.out / "a.mov").samefile(site.repository.media / "a.mov")
    site.judge(said)
    (site.out / "a.mov").unlink()
    tell("the output is a hard link to the source", name_of(code))
    site.complete()


def a_folder(path: Path, away: Path) -> None:
    (path / "inside").mkdir(parents=True)


def a_dangling_link(path: Path, away: Path) -> None:
    path.symlink_to(away / "nowhere")


def a_link_out(path: Path, away: Path) -> None:
    (away / "theirs").write_text("somebody's work")
    path.symlink_to(away / "theirs")


def a_link_to_its_source(path: Path, away: Path) -> None:
    path.symlink_to(away.parent / "media" / "a.mov")


@pytest.mark.parametrize(
    "occupy", [a_folder, a_dangling_link, a_link_out, a_link_to_its_source], ids=lambda each: each.__name__
)
def test_something_else_stands_in_the_place_of_an_output(site: Site, occupy: Callable[[Path, Path], None]) -> None:
    away, path = site.repository.top.parent / "away", site.out / "a.mov"
    away.mkdir()
    site.out.mkdir(parents=True, exist_ok=True)
    occupy(path, away)
    before = [(each.name, each.lstat().st_mtime_ns) for each in sorted(away.iterdir())]
    code, said = site.run()
    assert code == 4, said
    assert path.is_symlink() or path.is_dir()
    assert [(each.name, each.lstat().st_mtime_ns) for each in sorted(away.iterdir())] == before
    site.judge(said, foreign=(path,))
    assert sorted(each.name for each in site.finals if each != path) == ["b.mov", "c.mov"]
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    tell(f"the output is {occupy.__name__.replace('_', ' ')}", name_of(code))
    site.complete()


def test_the_sample_is_what_the_suite_thinks_it_is(sample: Path, whole: dict[str, Path]) -> None:
    assert frames_of(sample) == FRAMES
    assert {kind: frames_of(path) for kind, path in whole.items()} == dict.fromkeys(whole, 50)
