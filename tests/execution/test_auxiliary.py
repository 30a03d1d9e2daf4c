"""What lies in the work folder before FFmpeg starts: checked against the plan, and nothing made when it is another."""

import hashlib
import shutil
from pathlib import Path

import pytest

from runner.errors import Exit, JobspecError
from runner.execution.auxiliary import font_path, place
from runner.plan.arguments import FontFile, LutFile, TextFile
from runner.plan.burn import FONT
from runner.spec.location import Mounts
from tests.conftest import Repository
from tests.cubes import cube, swapped
from tests.execution.bench import Bench, alone, codes

LETTERS = FontFile(name="font.ttf", package=FONT.package, file=FONT.file, sha256=FONT.sha256)
BURNT = [{"show": "source_name"}, {"show": "frame"}]


def table(text: str, location: str = "repo:luts/a.cube") -> LutFile:
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    return LutFile(name="lut.cube", location=location, sha256=digest, head="LUT_3D_SIZE 3")


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (tmp_path / "repo" / "luts").mkdir(parents=True)
    return tmp_path / "repo"


def put(top: Path, *files: FontFile | LutFile | TextFile) -> dict[str, bytes]:
    folder = top.parent / "work"
    folder.mkdir()
    place(files, folder, Mounts({"repo": top}))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_texts_and_fonts_lie_there_as_they_are_and_of_a_table_its_numbers(top: Path) -> None:
    text = f'TITLE "x"\nLUT_3D_INPUT_RANGE 0 1\n{cube()}'
    (top / "luts" / "a.cube").write_text(text)
    found = put(top, table(text), LETTERS, TextFile(name="text0.txt", text="%{pts} é"))
    assert found["text0.txt"] == "%{pts} é".encode()
    assert found["font.ttf"] == font_path(LETTERS).read_bytes()
    assert found["lut.cube"].decode() == cube()


def test_a_table_that_is_another_than_planned_is_refused(top: Path) -> None:
    (top / "luts" / "a.cube").write_text(cube(swapped))
    with pytest.raises(JobspecError) as caught:
        put(top, table(cube()))
    (found,) = caught.value.problems
    assert (found.code, found.exit, found.found) == ("JS156", Exit.FAILED, "repo:luts/a.cube")


def test_a_table_that_is_gone_is_refused_as_such_and_not_taken_for_a_full_disk(top: Path) -> None:
    with pytest.raises(JobspecError) as caught:
        put(top, table(cube()))
    assert [each.code for each in caught.value.problems] == ["JS156"]


def test_a_font_of_another_version_is_refused(top: Path) -> None:
    other = FontFile(name="font.ttf", package=FONT.package, file=FONT.file, sha256="sha256:00")
    with pytest.raises(JobspecError) as caught:
        put(top, other)
    assert [each.code for each in caught.value.problems] == ["JS156"]


def test_a_font_that_is_not_installed_is_named_with_the_way_out() -> None:
    with pytest.raises(JobspecError) as caught:
        font_path(FontFile(name="font.ttf", package="fontpkg_none", file="a.ttf", sha256=""))
    (found,) = caught.value.problems
    assert (found.code, found.exit) == ("JS157", Exit.TRY_AGAIN)
    assert "pip install" in found.message


def test_the_font_of_the_plan_is_the_one_that_is_installed() -> None:
    assert hashlib.sha256(font_path(LETTERS).read_bytes()).hexdigest() == FONT.sha256.removeprefix("sha256:")


def test_a_burnt_in_output_is_made_and_nothing_else_stays_behind(bench: Bench) -> None:
    bench.clip()
    outcome = bench.make(bench.plan(overlay=BURNT))
    assert outcome.problems == ()
    assert bench.files() == ["a.mov"]
    assert not [path for path in bench.state.rglob("*") if path.suffix in (".ttf", ".txt", ".cube")]


def test_nothing_is_encoded_when_a_file_is_not_there_as_planned(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.clip()
    plan = bench.plan(overlay=BURNT)
    elsewhere = bench.top / "elsewhere"
    shutil.copytree(font_path(LETTERS).parent, elsewhere / FONT.package / "files")
    (elsewhere / FONT.package / FONT.file).write_bytes(b"another")
    (elsewhere / FONT.package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(elsewhere))
    outcome = alone(plan.outputs[0], bench.setting(plan))
    assert (codes(outcome), bench.files()) == (["JS156"], [])
    assert bench.events() == ["started", "failed"]


def test_a_table_changed_after_planning_stops_that_output_alone(repository: Repository) -> None:
    repository.clip("a.mov")
    repository.clip("b.mov")
    repository.write("luts/a.cube", cube())
    sources = ("{path: 'media:a.mov', lut: luts/a.cube}", "media:b.mov")
    repository.spec(sources=sources)
    saved = repository.jobspec("plan", "-o", "plan.jsonl")
    assert saved.returncode == 0, saved.stderr
    assert repository.jobspec("run", "plan.jsonl").returncode == 0
    assert repository.outputs() == ["out/a.mov", "out/b.mov"]
    repository.write("luts/a.cube", cube(swapped))
    moved = repository.jobspec("run", "plan.jsonl")
    assert moved.returncode == 3
    assert "JS122" in moved.stderr
    status = repository.jobspec("status")
    assert [line.split()[0] for line in status.stdout.splitlines()[1:3]] == ["stale", "done"]
