"""Disks that are full, read-only, or answer with errors: no half file gets a name, and a run afterwards completes."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clips import clip
from tests.execution.fakes import fake
from tests.faults.disk import PAGE, Disk, disk_of
from tests.faults.site import Site, frames_of, long, must_have, name_of, new_site, tell

NOISY = 40


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip whose output is much larger than its estimate, so that a disk can be full in the middle of it."""
    encode = ("-vf", "noise=alls=80:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "14")
    return clip(tmp_path_factory.mktemp("noise") / "noise.mov", seconds=NOISY / 25, encode=encode)


@pytest.fixture
def noisy(tmp_path: Path, noise: Path) -> Site:
    return new_site(tmp_path, noise, NOISY, ("a.mov",))


@pytest.fixture
def disk(noisy: Site) -> Iterator[Disk]:
    with disk_of(noisy) as found:
        yield found


@pytest.fixture(scope="module")
def size(tmp_path_factory: pytest.TempPathFactory, noise: Path) -> int:
    """The size of the output, from a run with room."""
    site = new_site(tmp_path_factory.mktemp("room"), noise, NOISY, ("a.mov",))
    site.complete(names=("a.mov",))
    found = (site.out / "a.mov").stat().st_size
    assert found > 300_000
    return found


def full(disk: Disk, free: int, fault: str) -> str:
    """Run with so much room, judge, make room, run again; return what the first run said."""
    disk.leave(free)
    code, said = disk.run("--retries", "0")
    assert all(frames_of(path) == NOISY for path in disk.finals), said
    if code == 0:
        assert [path.name for path in disk.finals] == ["a.mov"], said
    else:
        assert code == 4, said
        assert disk.finals == [], said
        assert "full" in said or "are free in" in said or "No space left" in said, said
    disk.site.judge(said)
    disk.relieve()
    again, told = disk.run()
    assert again == 0, told
    assert [frames_of(path) for path in disk.finals] == [NOISY]
    assert list(disk.inside.glob("out/.jobspec/work/*")) == []
    tell(fault, name_of(code))
    return said


@pytest.mark.parametrize("free", [PAGE, 16 * PAGE, 80 * PAGE])
def test_a_disk_is_full_from_the_start_or_in_the_middle(disk: Disk, free: int) -> None:
    full(disk, free, "the disk is full in the middle (tmpfs)")


@pytest.mark.parametrize("pages", [-8, -1, 0, 1, *long(-7, -1), *long(2, 12)])
def test_a_disk_is_full_exactly_where_the_trailer_is_written(disk: Disk, size: int, pages: int) -> None:
    # beside the output: the ledger, the plan, the log and the folders, some pages in all
    full(disk, (size // PAGE + 8 + pages) * PAGE, "the disk is full at the trailer, page by page (tmpfs)")


def test_a_disk_that_gets_full_and_has_room_again_costs_another_attempt(disk: Disk) -> None:
    disk.leave(120 * PAGE)
    program = disk.site.repository.top / "ffmpeg"
    filler = disk.site.repository.proxies / "filler"
    begun = disk.site.repository.top / "begun"
    # Before the second encode: the first is killed when even its log cannot be written any more.
    again = f'[ ! -e "{begun}" ] || rm -f "{filler}"; : >"{begun}"; exec "$real" "$@" "$last"'
    code, said = disk.run("--ffmpeg", str(fake(program, again)))
    assert code == 0, said
    assert [frames_of(path) for path in disk.finals] == [NOISY]
    tell("the disk is full and somebody makes room", "exit 0, made by the second attempt")


def test_a_disk_that_cannot_be_written_to(disk: Disk) -> None:
    disk.remount("ro")
    code, said = disk.run()
    assert code in (4, 75), said
    assert "Read-only file system" in said
    assert disk.finals == []
    disk.site.judge(said)
    disk.remount("rw")
    assert disk.run()[0] == 0
    tell("a read-only file system", name_of(code))


def test_an_output_folder_in_which_nothing_may_be_made(site: Site) -> None:
    """Root may write everywhere: so this is a file where a folder should be."""
    site.out.parent.mkdir(exist_ok=True)
    site.out.write_text("in the way")
    code, said = site.run()
    assert code in (4, 75), said
    site.judge(said, foreign=(site.out,))
    assert site.out.read_text() == "in the way"
    site.out.unlink()
    tell("a file where the output folder should be", name_of(code))
    site.complete()


# What the kernel answers, injected by strace into the runner and into FFmpeg: call, error, from which one on. Counts
# are of each thread; the first three fsync calls of the main thread save the plan, the next two try the ladder.
ERRORS = [
    ("fsync", "EIO", "1+"),
    ("fsync", "EIO", "4+"),
    ("fsync", "ENOSPC", "5"),
    ("renameat2", "EINVAL", "1+"),
    ("renameat2", "EPERM", "1+"),
    ("renameat2", "EIO", "1+"),
    ("renameat2,link", "EPERM", "1+"),
    ("renameat2,link,linkat", "EOPNOTSUPP", "1+"),
    ("renameat2,rename", "EIO", "4+"),
    ("mkdir", "EACCES", "4+"),
    ("rename", "EIO", "4+"),
    ("flock", "ENOLCK", "1+"),
    ("write", "ENOSPC", "1+"),
    ("write", "ENOSPC", "3+"),
    ("write", "EIO", "6+"),
    ("write", "EIO", "12+"),
    ("unlink", "EIO", "3+"),
    ("clone3", "EAGAIN", "3+"),
]
QUICK = {0, 1, 3, 5, 7, 13, 14}


def struck(site: Site, call: str, how: str, *more: str) -> tuple[int, str]:
    """Run with what strace does to a call; judge that no half file came of it."""
    must_have("strace")
    before = ("strace", "-f", "-o", os.devnull, "-e", f"trace={call}", "-e", f"inject={call}:{how}", *more)
    code, said = site.run("--workers", "1", "--retries", "0", before=before)
    site.judge(said)
    assert code != 0 or len(site.finals) == 3, said
    return code, said


@pytest.mark.parametrize(
    ("call", "error", "when"),
    [pytest.param(*row, marks=() if number in QUICK else pytest.mark.long) for number, row in enumerate(ERRORS)],
)
def test_a_system_call_fails(site: Site, call: str, error: str, when: str) -> None:
    code, _ = struck(site, call, f"error={error}:when={when}")
    tell(f"{call} answers {error}", f"{name_of(code)}, {len(site.finals)} of 3 made")
    site.complete()


@pytest.mark.parametrize("when", [1, 3, 6, *[pytest.param(n, marks=pytest.mark.long) for n in (2, 4, 5, 7, 8, 10)]])
@pytest.mark.parametrize("call", ["read", pytest.param("lseek", marks=pytest.mark.long)])
def test_a_source_cannot_be_read_to_its_end(site: Site, call: str, when: int) -> None:
    source = str(site.repository.media / "a.mov")
    code, said = struck(site, call, f"error=EIO:when={when}+", "-P", source)
    assert "a.mov" not in [path.name for path in site.finals] or code == 0, said
    tell(f"{call} on the source answers EIO", f"{name_of(code)}, {len(site.finals)} of 3 made")
    site.complete()


@pytest.mark.parametrize("when", ["3+3", *[pytest.param(n, marks=pytest.mark.long) for n in ("1+2", "2+2", "5+")]])
def test_a_write_says_that_it_took_a_byte_and_took_none(site: Site, when: str) -> None:
    """As a broken share may do: whoever goes on with the rest, as he should, leaves a hole."""
    code, _ = struck(site, "write", f"retval=1:when={when}")
    tell("write says that it took a byte, and took none", f"{name_of(code)}, {len(site.finals)} of 3 made")
    site.complete()
