"""Look-up tables: the picture behind them measured, on every CPU the same; what they do to tags, keys and notes."""

import itertools
import subprocess
from pathlib import Path

import pytest

from runner.errors import JobspecError
from runner.execution.auxiliary import place
from runner.media.facts import Colour
from runner.media.probe import probe
from runner.plan.build import Request, build, requests_of
from runner.plan.changes import compare
from runner.plan.document import lines
from runner.plan.model import Output, Plan
from runner.plan.picture import filters
from runner.plan.trust import trusted
from runner.spec.cube import read_cube
from runner.spec.location import Mounts
from tests.clips import FFMPEG, clip, ffmpeg
from tests.cubes import cube, curve, same, swapped
from tests.plan.drawing import drawn, graded, graded_from, pixels
from tests.plan.planning import facts, hdr, picture, planned, refused, spec

# A chart of 125 colours, each a patch of 16 by 16 pixels.
LEVELS = (0, 64, 128, 192, 255)
COLOURS = list(itertools.product(LEVELS, repeat=3))
PATCH, ACROSS = 16, 25
WIDTH, HEIGHT = PATCH * ACROSS, PATCH * len(COLOURS) // ACROSS
WEIGHTS = {"bt709": (0.2126, 0.0722), "smpte170m": (0.299, 0.114), "bt2020nc": (0.2627, 0.0593)}
Patch = tuple[float, ...]


def coded(colour: tuple[int, ...], matrix: str) -> Patch:
    """Return a colour as luma and chroma of 8 bits, limited range (ITU-R BT.709, 3.3 and 3.5)."""
    red, green, blue = (each / 255 for each in colour)
    of_red, of_blue = WEIGHTS[matrix]
    luma = of_red * red + (1 - of_red - of_blue) * green + of_blue * blue
    chroma = ((blue - luma) / (2 - 2 * of_blue), (red - luma) / (2 - 2 * of_red))
    return (16 + 219 * luma, *(128 + 224 * each for each in chroma))


def chart(matrix: str) -> bytes:
    """Return the chart as yuv444p."""
    patches = [tuple(map(round, coded(colour, matrix))) for colour in COLOURS]
    rows = [patches[start : start + ACROSS] for start in range(0, len(patches), ACROSS)]
    return b"".join(b"".join(bytes([p[plane]]) * PATCH for p in row) * PATCH for plane in range(3) for row in rows)


def through(output: Output, folder: Path, matrix: str) -> list[Patch]:
    """Send the chart through the planned filters and return the middle of every patch, in levels of 8 bits."""
    source = ("-f", "rawvideo", "-pix_fmt", "yuv444p", "-s", f"{WIDTH}x{HEIGHT}", "-i", "-")
    chain = ",".join((*output.arguments.filters, "format=yuv444p10le"))
    command = (FFMPEG, "-v", "error", *source, "-vf", chain, "-f", "rawvideo", "-")
    done = subprocess.run(command, input=chart(matrix), cwd=folder, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    samples = memoryview(done.stdout).cast("H")
    middles = [
        (row * PATCH + PATCH // 2) * WIDTH + column * PATCH + PATCH // 2
        for row in range(HEIGHT // PATCH)
        for column in range(ACROSS)
    ]
    return [tuple(samples[plane * WIDTH * HEIGHT + at] / 4 for plane in range(3)) for at in middles]


def off(found: list[Patch], wanted: list[Patch]) -> float:
    """Return by how many levels the worst patch is off."""
    return max(abs(a - b) for one, other in zip(found, wanted, strict=True) for a, b in zip(one, other, strict=True))


def place_in(output: Output, folder: Path, top: Path) -> None:
    folder.mkdir()
    place(output.auxiliary, folder, Mounts({"repo": top}))


TABLES = {
    "the least cube": cube(size=2),
    "a usual cube": cube(size=17),
    "a curve": curve(size=33),
    "a cube as Resolve writes it": cube(size=3, head="LUT_3D_SIZE 3\nLUT_3D_INPUT_RANGE 0.0 1.0\n"),
}


@pytest.mark.parametrize("matrix", WEIGHTS)
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_table_that_changes_nothing_changes_no_level_by_more_than_one(
    table: str, matrix: str, tmp_path: Path
) -> None:
    (tmp_path / "a.cube").write_text(table)
    known = facts(width=WIDTH, height=HEIGHT, colour=Colour(matrix=matrix, range="tv"))
    output = graded(known, tmp_path, lut="a.cube", codec="prores_4444")
    work = tmp_path / "work"
    place_in(output, work, tmp_path)
    wanted = [coded(colour, matrix) for colour in COLOURS]
    assert off(through(output, work, matrix), wanted) < 1.01


def test_a_table_that_swaps_red_and_blue_swaps_them(tmp_path: Path) -> None:
    (tmp_path / "a.cube").write_text(cube(swapped))
    known = facts(width=WIDTH, height=HEIGHT, colour=Colour(matrix="bt709", range="tv"))
    output = graded(known, tmp_path, lut="a.cube", codec="prores_4444")
    place_in(output, tmp_path / "work", tmp_path)
    wanted = [coded((blue, green, red), "bt709") for red, green, blue in COLOURS]
    assert off(through(output, tmp_path / "work", "bt709"), wanted) < 1.3


def hashed(output: Output, folder: Path, *options: str) -> str:
    """Return the hash of a rich picture behind the planned filters."""
    source = ("-f", "lavfi", "-i", "mandelbrot=s=320x180:r=25", "-frames:v", "3")
    chain = ",".join(("format=yuv422p10le", *output.arguments.filters))
    command = (FFMPEG, "-v", "error", *options, *source, "-vf", chain, "-f", "streamhash", "-")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_every_cpu_makes_the_same_bits(tmp_path: Path) -> None:
    def bent(red: float, green: float, blue: float) -> tuple[float, float, float]:
        return red**0.7 * 0.9 + green / 10, green**1.3, blue**0.5 * 0.8 + red / 5

    (tmp_path / "a.cube").write_text(cube(bent, size=17))
    output = graded(facts(width=320, height=180), tmp_path, lut="a.cube", codec="prores_4444")
    place_in(output, tmp_path / "work", tmp_path)
    assert hashed(output, tmp_path / "work") == hashed(output, tmp_path / "work", "-cpuflags", "0")


# In files.


def test_the_encoded_picture_is_that_behind_the_table_and_an_odd_name_is_only_a_name(tmp_path: Path) -> None:
    name = 'it\'s,[x];movie=b,"%{pts}":.cube'
    (tmp_path / name).write_text(cube(swapped))
    source = clip(tmp_path / "a.mov", seconds=0.08, extra=("-vf", "drawbox=c=0xd02010:t=fill"))
    output = graded_from(source, tmp_path, lut=name, codec="h264")
    assert name not in "".join(output.arguments.filters)
    shown = pixels(drawn(output, tmp_path / "work", tmp_path), "rgb24")[:3]
    assert [round(each / 16) for each in shown] == [0x1, 0x2, 0xD]


def test_the_table_works_before_scaling_and_after_the_rate_is_made(tmp_path: Path) -> None:
    (tmp_path / "a.cube").write_text(cube())
    output = graded(facts(scan="tff"), tmp_path, lut="a.cube", resolution="half", fps_explicit="50")
    names = [each.partition("=")[0] for each in output.arguments.filters]
    assert names[: names.index("lut3d") + 2] == ["bwdif", "fps", "scale", "format", "lut3d", "scale"]
    assert output.arguments.filters[names.index("lut3d") + 1].startswith("scale=960:540:")


def test_fields_go_through_the_table_each_for_itself(tmp_path: Path) -> None:
    (tmp_path / "a.cube").write_text(cube())
    output = graded(facts(scan="tff"), tmp_path, lut="a.cube")
    assert [":interl=1" in each for each in output.arguments.filters if each.startswith("scale=")] == [True, True]


def test_alpha_goes_past_the_table(tmp_path: Path) -> None:
    (tmp_path / "a.cube").write_text(cube(swapped))
    half = (
        "color=white:s=64x64:r=25:d=0.08,format=yuva444p10le,geq=lum='lum(X,Y)':cb=512:cr=512:a='if(gt(X,32),1023,0)'"
    )
    source = tmp_path / "a.mov"
    ffmpeg("-f", "lavfi", "-i", half, "-c:v", "prores_ks", "-pix_fmt", "yuva444p10le", f"file:{source}")
    output = graded_from(source, tmp_path, lut="a.cube", codec="prores_4444")
    alpha = pixels(drawn(output, tmp_path / "work", tmp_path), "gray", filters="alphaextract")
    assert (alpha[4], alpha[60]) == (0, 255)


# What is said of the colour.


def test_a_source_that_names_no_colour_makes_an_output_that_names_none(tmp_path: Path) -> None:
    (tmp_path / "a.cube").write_text(cube())
    source = clip(tmp_path / "a.mov", seconds=0.08)
    output = graded_from(source, tmp_path, lut="a.cube", codec="h264")
    assert output.losses == ()
    assert probe(drawn(output, tmp_path / "work", tmp_path), "made").picture.colour == Colour()


def test_hdr_behind_a_table_is_taken_for_bt_709_and_may_go_into_eight_bits(tmp_path: Path) -> None:
    (tmp_path / "a.cube").write_text(cube())
    pq = facts(colour=hdr("smpte2084"))
    assert [each.code for each in refused(pq, codec="h264")] == ["JS076"]
    output = graded(pq, tmp_path, lut="a.cube", codec="h264")
    assert output.intent.picture.colour == Colour(primaries="bt709", transfer="bt709", matrix="bt709", range="tv")
    assert output.losses == ("smpte2084 goes through the LUT, whose picture is taken for BT.709 and tagged so",)


@pytest.mark.parametrize(("primaries", "transfer"), [("bt2020", None), ("smpte432", "bt709"), (None, "linear")])
def test_what_no_bt_709_display_shows_as_it_is_becomes_bt_709(
    primaries: str | None, transfer: str | None, tmp_path: Path
) -> None:
    (tmp_path / "a.cube").write_text(cube())
    output = graded(facts(colour=Colour(primaries=primaries, transfer=transfer)), tmp_path, lut="a.cube")
    assert (output.intent.picture.colour.primaries, output.intent.picture.colour.transfer) == ("bt709", "bt709")
    assert len(output.losses) == 1


def test_pal_stays_pal(tmp_path: Path) -> None:
    (tmp_path / "a.cube").write_text(cube())
    pal = Colour(primaries="bt470bg", transfer="smpte170m", matrix="bt470bg", range="tv")
    output = graded(facts(colour=pal), tmp_path, lut="a.cube")
    assert (output.intent.picture.colour, output.losses) == (pal, ())


# Keys and plans.


def test_another_content_is_another_picture_and_another_name_is_not(tmp_path: Path) -> None:
    for name, change in (("a.cube", same), ("b.cube", same), ("c.cube", swapped)):
        (tmp_path / name).write_text(cube(change))
    plain, first, renamed, other = (
        graded(facts(), tmp_path, **({"lut": name} if name else {})) for name in (None, "a.cube", "b.cube", "c.cube")
    )
    assert first.key == renamed.key
    assert len({plain.key.picture, first.key.picture, other.key.picture}) == 3
    assert plain.key == planned(facts()).key


def test_a_changed_table_is_told_by_its_digest(tmp_path: Path) -> None:
    before, after = plan_with(tmp_path, cube()), plan_with(tmp_path, cube(swapped))
    (change,) = compare(before, after)
    assert str(change.kind) == "re-encoded"
    (words,) = change.words
    assert words.startswith("picture lut sha256 sha256:")


def plan_with(top: Path, table: str) -> Plan:
    (top / "a.cube").write_text(table)
    luts = (read_cube(table.encode(), "a.cube"),)
    return build([Request(spec=spec(lut="a.cube"), facts=(facts(),), luts=luts)], toolchain="9.0", number=1)


def test_a_saved_plan_brings_its_tables_along(tmp_path: Path) -> None:
    saved = plan_with(tmp_path, cube())
    assert build(requests_of(saved), toolchain="", number=0) == saved
    assert trusted(lines(saved)) == saved


def test_a_source_takes_its_own_table_or_none_before_that_of_the_spec(tmp_path: Path) -> None:
    for name, change in (("a.cube", same), ("b.cube", swapped)):
        (tmp_path / name).write_text(cube(change))
    own = graded(facts(), tmp_path, lut="a.cube", sources=[{"path": "media:a.mov", "lut": "b.cube"}])
    assert [each.location for each in own.auxiliary] == ["repo:b.cube"]
    without = graded(facts(), tmp_path, lut="a.cube", sources=[{"path": "media:a.mov", "lut": "none"}])
    assert (without.auxiliary, without.key) == ((), planned(facts()).key)


def test_a_table_that_nobody_read_is_refused_and_not_left_out() -> None:
    with pytest.raises(JobspecError) as caught:
        planned(facts(), lut="luts/show.cube")
    assert [each.code for each in caught.value.problems] == ["JS150"]


def test_without_a_table_the_filters_are_as_they_were() -> None:
    output = planned(facts())
    assert filters(picture(), output.intent.picture) == output.arguments.filters
    assert not [each for each in output.arguments.filters if "rgb" in each or "lut" in each]


def test_with_a_table_nothing_else_is_done_to_light(tmp_path: Path) -> None:
    """The table makes the look: no tone-mapping behind it, no curve before it."""
    (tmp_path / "a.cube").write_text(cube())
    for known in (facts(colour=hdr("smpte2084")), facts(colour=Colour(transfer="linear"), rgb=True)):
        output = graded(known, tmp_path, lut="a.cube", color="tonemap", codec="h264")
        assert not [each for each in output.arguments.filters if each.startswith(("zscale", "tonemap"))]
        assert output.intent.picture.colour.transfer == "bt709"
        assert len(output.losses) == 1
