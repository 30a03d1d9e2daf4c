"""`make demo` as a newcomer runs it, and the specs that ship as examples."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from runner.media.facts import Facts
from runner.media.probe import probe
from tests.clips import decoded_frames

TOP = Path(__file__).parents[1]
SHIPPED = sorted(str(path.relative_to(TOP)) for path in (TOP / "specs").glob("*.y*ml"))
MADE = {
    "A001C001_proxy.mov": "day01/A001C001.mov",
    "B002C014_proxy.mov": "day01/B002C014.mp4",
    "archive tape_proxy.mov": "day01/archive tape.mkv",
}
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Demo:
    """The demo in a folder of its own; everything else is as `make demo` has it."""

    folder: Path

    @property
    def media(self) -> Path:
        return self.folder / "media"

    @property
    def proxies(self) -> Path:
        return self.folder / "proxies"

    def make(self) -> Done:
        """Run `make demo` with the environment of these tests in place of a fresh one."""
        variables = (f"DEMO={os.path.relpath(self.folder, TOP)}", f"BIN={Path(sys.executable).parent}")
        command = ["make", "--no-print-directory", "--assume-old", ".venv/.ready", "demo", *variables]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        return subprocess.run(command, cwd=TOP, env=environment, capture_output=True, text=True)

    def times(self) -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in self.folder.rglob("*")}

    def facts(self, name: str) -> Facts:
        return probe(self.media / name, name)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return Demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def first(demo: Demo) -> Done:
    return demo.make()


@pytest.fixture(scope="module")
def second(demo: Demo, first: Done) -> tuple[Done, dict[Path, int], dict[Path, int]]:
    """Run it again; return how that went and what stood there before and after."""
    before = demo.times()
    return demo.make(), before, demo.times()


def test_it_ends_with_a_table_of_what_was_made_and_where(demo: Demo, first: Done) -> None:
    assert first.returncode == 0, first.stderr
    *_, head, camera, phone, tape = first.stdout.splitlines()
    assert head.split() == ["state", "source", "codec", "frames", "size", "where"]
    for row, name in zip((camera, phone, tape), MADE, strict=True):
        assert row.startswith("made ")
        assert Path(row[row.index(" /") + 1 :]).samefile(demo.proxies / "day01" / name)


def test_it_leaves_three_proxies_and_the_records_beside_them(demo: Demo, first: Done) -> None:
    assert sorted(path.name for path in (demo.proxies / "day01").iterdir()) == sorted([".jobspec", *MADE])
    assert (demo.proxies / "day01/.jobspec/jobs/demo/jobspec.json").is_file()


@pytest.mark.usefixtures("first")
def test_its_three_clips_differ_in_rate_shape_timecode_and_sound(demo: Demo) -> None:
    camera, phone, tape = (demo.facts(name) for name in MADE.values())
    assert (camera.picture.width, camera.picture.height, str(camera.picture.rate)) == (1920, 1080, "24000/1001")
    assert (camera.timecode, [track.channels for track in camera.sound]) == ("01:00:00:00", [1, 1])
    assert (phone.picture.width, phone.picture.height, str(phone.picture.rate)) == (1280, 720, "30000/1001")
    assert phone.timecode is not None
    assert ";" in phone.timecode
    assert [(track.codec, track.channels) for track in phone.sound] == [("aac", 2)]
    assert (tape.picture.width, tape.picture.height, str(tape.picture.rate)) == (720, 576, "25")
    assert (str(tape.picture.sar), tape.sound) == ("64/45", ())


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize(("name", "source"), MADE.items(), ids=["camera", "phone", "tape"])
def test_each_proxy_attaches_to_its_source(demo: Demo, name: str, source: str) -> None:
    proxy, original = probe(demo.proxies / "day01" / name, name), demo.facts(source)
    assert proxy.picture.codec == "prores"
    assert (proxy.picture.rate, proxy.picture.sar) == (original.picture.rate, original.picture.sar)
    assert (proxy.timecode, proxy.reel) == (original.timecode, original.reel)
    assert (proxy.picture.width * 2, proxy.picture.height * 2) == (original.picture.width, original.picture.height)
    assert [track.channels for track in proxy.sound] == [track.channels for track in original.sound]
    assert decoded_frames(demo.proxies / "day01" / name) == original.picture.frames


def test_a_second_time_it_makes_neither_clips_nor_proxies_and_says_so(
    second: tuple[Done, dict[Path, int], dict[Path, int]],
) -> None:
    done, before, after = second
    assert done.returncode == 0, done.stderr
    assert "all 3 outputs are up to date; nothing was encoded" in done.stderr
    assert after == before


def test_its_folder_is_ignored_by_git() -> None:
    assert "demo/" in (TOP / ".gitignore").read_text().splitlines()


def jobspec(top: Path, media: Path, *arguments: str) -> Done:
    """Run jobspec in a copy of what ships, in a repository of its own."""
    for folder in ("specs", "templates"):
        shutil.copytree(TOP / folder, top / folder)
    shutil.copy(TOP / "jobspec.toml", top)
    environment = {"PATH": os.environ["PATH"], "HOME": str(top), "JOBSPEC_ROOT_MEDIA": str(media)}
    command = [sys.executable, "-m", "runner", *arguments]
    return subprocess.run(command, cwd=top, env=environment, capture_output=True, text=True)


def test_what_ships_is_the_demo_and_an_example_of_each_common_job() -> None:
    common = ("avid-dnxhr", "demo", "editorial-prores", "review-h264")
    assert {f"specs/{name}.yaml" for name in common} <= set(SHIPPED)


@pytest.mark.parametrize("specs", [(), *((spec,) for spec in SHIPPED)], ids=["all of them", *SHIPPED])
def test_shipped_specs_pass_check_without_media(tmp_path: Path, specs: Sequence[str]) -> None:
    done = jobspec(tmp_path, tmp_path / "none", "check", *specs)
    assert done.returncode == 0, done.stdout
    assert "no problems" in done.stdout


@pytest.mark.usefixtures("first")
def test_shipped_specs_can_be_planned_for_the_demos_clips(demo: Demo, tmp_path: Path) -> None:
    done = jobspec(tmp_path, demo.media, "plan")
    assert done.returncode == 0, done.stderr
    for place in (
        "proxies:avid/A001C001.mxf",
        "proxies:day01/archive tape_proxy.mov",
        "proxies:editorial/A001C001.mov",
        "proxies:review/review-h264/A001C001_1280x720_A001.mp4",
    ):
        assert f"  {place}\n" in done.stdout
