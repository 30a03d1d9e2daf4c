"""Recipes number 2 against number 1: which rows changed, how a change is told, what a changed row promises."""

from fractions import Fraction
from pathlib import Path

import pytest

from runner.plan.arguments import Binding, bind
from runner.plan.changes import Kind, compare
from runner.plan.compose import compose
from runner.plan.estimate import cost
from runner.plan.model import Output
from runner.plan.recipes import TABLES
from runner.spec.location import Mounts
from tests.clips import FFMPEG, clip, ffmpeg, streamhash
from tests.plan.planning import facts, plan, planned, planned_from
from tools.frontier import measure, pictures
from tools.frontier.__main__ import main
from tools.frontier.candidates import candidates

PRORES = ("prores_proxy", "prores_lt")
CHANGED = (*PRORES, "vp9")
KEPT = tuple(codec for codec in TABLES[1].picture if codec not in CHANGED)
# Of each picture, at most: the size against number 1's; at least: the difference of SSIM. What `make frontier` found,
# with room for one frame instead of ten. Grain and text are why the gate measures the rate.
PROMISED = {
    "prores_proxy": {"camera": (1.05, -0.001), "calm": (0.75, -0.0015), "motion": (1.5, 0.005), "animation": (1.1, 0)},
    "prores_lt": {"camera": (1.05, 0), "calm": (0.4, -0.002), "motion": (0.9, 0.002), "animation": (0.95, 0)},
}


@pytest.mark.parametrize("codec", KEPT)
def test_a_row_that_did_not_change_leaves_what_it_made_done(codec: str) -> None:
    assert TABLES[2].picture[codec] == TABLES[1].picture[codec]
    old, new = (planned(facts(), codec=codec, number=number) for number in (1, 2))
    assert old.key == new.key


@pytest.mark.parametrize("codec", CHANGED)
def test_a_row_that_changed_outdates_and_makes_nothing_stale(codec: str) -> None:
    container = "webm" if codec == "vp9" else "mov"
    before, after = (plan(facts(), codec=codec, container=container, number=number) for number in (1, 2))
    (change,) = compare(before, after)
    assert change.kind is Kind.OUTDATED


def test_the_change_is_told_with_both_numbers_and_the_options() -> None:
    (change,) = compare(plan(facts(), number=1), plan(facts(), number=2))
    assert change.words == ("recipes 1 → 2: with -qscale:v 7",)
    (change,) = compare(plan(facts(), codec="prores_lt", number=2), plan(facts(), codec="prores_lt", number=1))
    assert change.words == ("recipes 2 → 1: without -quant_mat standard, without -qscale:v 7",)


def test_the_numbers_are_told_beside_an_edit_of_the_same_output() -> None:
    (change,) = compare(plan(facts(), number=1), plan(facts(), number=2, resolution="half"))
    assert "recipes 1 → 2" in change.words
    assert not [words for words in change.words if "qscale" in words]


@pytest.mark.parametrize("codec", CHANGED)
def test_a_plan_of_number_2_is_estimated_at_less_than_half_the_time(codec: str) -> None:
    container = "webm" if codec == "vp9" else "mov"
    old, new = (planned(facts(), codec=codec, container=container, number=number) for number in (1, 2))
    assert cost([new]).cpu * 2 < cost([old]).cpu


@pytest.mark.parametrize(
    ("size", "rate", "codec", "megabits"),
    [
        pytest.param((1920, 1080), "30000/1001", "prores_proxy", 45, id="HD as Apple lists it"),
        pytest.param((1920, 1080), "30000/1001", "prores_lt", 102, id="LT"),
        pytest.param((1920, 1080), "24000/1001", "prores_proxy", 36, id="film's rate"),
        pytest.param((1920, 1080), "25", "prores_lt", 85, id="PAL's rate"),
        pytest.param((1280, 720), "60000/1001", "prores_proxy", 46, id="720p60"),
        pytest.param((3840, 2160), "30000/1001", "prores_proxy", 180, id="UHD, by its pixels"),
        pytest.param((320, 180), "25", "prores_proxy", 12, id="below the smallest of the list"),
    ],
)
def test_the_published_rate_is_expected_of_a_recipe_that_keeps_none(
    size: tuple[int, int], rate: str, codec: str, megabits: int
) -> None:
    output = planned(facts(width=size[0], height=size[1], rate=Fraction(rate)), codec=codec)
    assert output.expects.target is not None
    assert round(output.expects.target / 1e6) == megabits


def test_a_recipe_whose_encoder_keeps_the_rate_expects_none() -> None:
    assert planned(facts(), number=1).expects.target is None
    assert planned(facts(), codec="prores_hq").expects.target is None


def encoded(output: Output, source: Path, folder: Path, threads: int) -> Path:
    """Encode as a machine that gives so many threads would."""
    folder.mkdir()
    mounts = Mounts({"media": source.parent})
    ffmpeg(*bind(compose([output]), Binding(mounts, Path(FFMPEG), (folder,), threads))[1:])
    return folder / output.work_name


@pytest.mark.parametrize("codec", PRORES)
@pytest.mark.parametrize("fields", [(), ("-flags", "+ildct+ilme", "-x264opts", "tff=1")], ids=["progressive", "fields"])
def test_bits_repeat_and_do_not_depend_on_threads(codec: str, fields: tuple[str, ...], tmp_path: Path) -> None:
    noise = ("-vf", "noise=alls=20:allf=t:all_seed=3,setfield=tff" if fields else "noise=alls=20:allf=t:all_seed=3")
    source = clip(tmp_path / "a.mov", size="640x360", seconds=0.24, extra=(*noise, *fields))
    output = planned_from(source, codec=codec)
    assert output.intent.picture.scan == ("tff" if fields else "progressive")
    hashes = [streamhash(encoded(output, source, tmp_path / f"{n}", n % 5)) for n in (1, 2, 4, 6)]
    assert hashes.count(hashes[0]) == 4


@pytest.mark.parametrize("quality", ["draft", "standard", "high"])
def test_vp9_repeats_whatever_the_machine_gives_and_keeps_its_key_frames(quality: str, tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", seconds=1.28, extra=("-vf", "noise=alls=20:allf=t:all_seed=3"))
    output = planned_from(source, codec="vp9", container="webm", quality=quality)
    files = [encoded(output, source, tmp_path / f"{number}", number) for number in (1, 2, 4)]
    assert streamhash(files[0]) == streamhash(files[1]) == streamhash(files[2])
    listed = ffmpeg("-i", f"file:{files[0]}", "-map", "0:v", "-c", "copy", "-f", "framecrc", "-").splitlines()
    packets = [line for line in listed if not line.startswith("#")]
    assert [number for number, line in enumerate(packets) if "F=0x0" not in line] == [0, 30]


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return pictures.make(tmp_path_factory.mktemp("seeded"), 1, tuple(PROMISED["prores_lt"]))


@pytest.mark.parametrize("codec", PRORES)
@pytest.mark.parametrize("name", PROMISED["prores_lt"])
def test_likeness_and_size_are_as_promised_against_number_1(
    codec: str, name: str, seeded: dict[str, Path], tmp_path: Path
) -> None:
    old, new = (next(each for each in candidates(codec) if number in each.numbers) for number in (1, 2))
    before, after = (measure.one(each, seeded[name], tmp_path, 1, vmaf=False) for each in (old, new))
    size, likeness = PROMISED[codec][name]
    assert after.size <= before.size * size
    assert after.ssim >= before.ssim + likeness


def test_the_tool_measures_one_codec_and_marks_the_row_that_is_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["prores_lt", "--frames", "1", "--pictures", "animation", "--no-vmaf", "--json", str(tmp_path / "found.json")])
    printed = capsys.readouterr().out
    assert "### prores_lt" in printed
    assert "| **recipes 2** |" in printed
    assert "qscale" in (tmp_path / "found.json").read_text(encoding="utf-8")
