"""Burn-ins: what stands in the filter graph and what does not, where the letters are, which numbers they show."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.execution.auxiliary import font_path
from runner.media.probe import probe
from runner.plan.arguments import FontFile, TextFile
from runner.plan.burn import FONT, drawable
from runner.plan.changes import compare
from runner.plan.document import lines
from runner.plan.model import Output
from runner.plan.trust import trusted
from runner.spec.fields import POSITIONS
from tests.clips import clip, streamhash
from tests.plan.drawing import drawn, pixels
from tests.plan.planning import NTSC, facts, made, plan, planned, planned_from, refused

HOSTILE = "a'[x];movie=b,%{pts}:\\.mov"
NAME = FontFile(name="font.ttf", package=FONT.package, file=FONT.file, sha256=FONT.sha256)


def show(word: str, **more: object) -> list[dict[str, object]]:
    return [{"show": word, **more}]


def graph(output: Output) -> str:
    return ",".join(output.arguments.filters)


# Nothing of anyone's stands in the filter graph.


def test_names_and_texts_lie_in_files_and_the_graph_names_only_those() -> None:
    overlay = [{"show": "source_name"}, {"show": "text", "text": "%{localtime} ':=,;[x]\\"}]
    output = planned(facts(), sources=[f"media:{HOSTILE}"], naming_template="a", overlay=overlay)
    assert output.auxiliary == (
        NAME,
        TextFile(name="text0.txt", text=HOSTILE.removesuffix(".mov")),
        TextFile(name="text1.txt", text="%{localtime} ':=,;[x]\\"),
    )
    for hostile in ("movie", "pts", "localtime", "[", ";"):
        assert hostile not in graph(output)
    assert graph(output).count("expansion=none") == 2


@given(st.text(min_size=1, max_size=60).filter(lambda text: "\0" not in text and "/" not in text))
def test_no_text_whatever_moves_the_filter_graph_but_by_its_length(text: str) -> None:
    plain = planned(facts(), overlay=show("text", text="x" * len(drawable(text))))
    assert graph(planned(facts(), overlay=show("text", text=text))) == graph(plain)


def test_without_burn_ins_nothing_is_drawn_and_nothing_lies_beside_the_output() -> None:
    assert "drawtext" not in graph(planned(facts()))
    assert planned(facts()).auxiliary == ()


def test_what_the_font_lacks_and_what_steers_a_terminal_becomes_a_question_mark_and_is_named() -> None:
    output = planned(facts(), overlay=show("text", text="e\u0301 東\n\x1b[2J\u202e"))
    assert output.auxiliary[1:] == (TextFile(name="text0.txt", text="é ???[2J?"),)
    assert output.losses == ("the burn-in's font lacks 東 \n \x1b \u202e; ? stands there",)


# Where the letters are.


def boxes(path: Path, width: int, height: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of what is brighter than the grey around it."""
    data = pixels(path, "gray")
    rows = [data[start : start + width] for start in range(0, width * height, width)]
    lit = [number for number, row in enumerate(rows) if max(row) > 180]
    columns = [number for number in range(width) if any(row[number] > 180 for row in rows)]
    return columns[0], lit[0], width - 1 - columns[-1], height - 1 - lit[-1]


@pytest.fixture(scope="module")
def grey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("grey") / "grey.mov"
    fill = ("-vf", "drawbox=c=0x505050:t=fill")
    return clip(path, size="640x360", seconds=0.12, extra=(*fill, "-timecode", "01:00:00:00"))


@pytest.mark.parametrize("position", POSITIONS)
def test_letters_stand_at_their_position_inside_the_safe_area(position: str, grey: Path, tmp_path: Path) -> None:
    output = planned_from(grey, codec="h264", overlay=show("text", text="HHHH", position=position, size=10))
    left, top, right, bottom = boxes(drawn(output, tmp_path / "work"), 640, 360)
    row, _, column = position.partition("-")
    assert min(left, right) >= 32
    assert min(top, bottom) >= 18
    across = {"left": left < 45, "right": right < 45}.get(column, abs(left - right) < 8)
    down = {"top": top < 30, "bottom": bottom < 30}.get(row, abs(top - bottom) < 8)
    assert (across, down) == (True, True)


def test_size_is_the_letters_height_in_percent_of_the_picture(grey: Path, tmp_path: Path) -> None:
    heights = []
    for size in (5, 10):
        output = planned_from(grey, codec="h264", overlay=show("text", text="H", position="center", size=size))
        _, top, _, bottom = boxes(drawn(output, tmp_path / str(size)), 640, 360)
        heights.append(360 - top - bottom)
    assert heights[1] / heights[0] == pytest.approx(2, abs=0.3)
    # Capitals are 1456 of 2048 parts of this font's size.
    assert heights[1] == pytest.approx(36 * 1456 / 2048, abs=1.5)


def test_a_name_too_long_is_drawn_smaller_and_not_cut(grey: Path, tmp_path: Path) -> None:
    output = planned_from(grey, codec="h264", overlay=show("text", text="H" * 80, position="top-left"))
    left, _, right, _ = boxes(drawn(output, tmp_path / "work"), 640, 360)
    assert (left >= 32, right >= 32, right < 110) == (True, True, True)


@pytest.mark.parametrize("columns", [("left", "right"), ("left", "center", "right"), ("left", "center")])
def test_long_texts_in_one_row_leave_each_other_room(columns: tuple[str, ...], grey: Path, tmp_path: Path) -> None:
    overlay = [{"show": "text", "text": "H" * 40, "position": f"bottom-{column}"} for column in columns]
    data = pixels(drawn(planned_from(grey, codec="h264", overlay=overlay), tmp_path / "work"), "gray")
    # What is drawn, box or letter, is no longer the grey of the picture, which is left between two boxes.
    touched = "".join("x" if any(abs(each - data[0]) > 12 for each in data[at::640]) else " " for at in range(640))
    assert len([each for each in touched.split("     ") if "x" in each]) == len(columns)


def test_opacity_lets_the_picture_through(grey: Path, tmp_path: Path) -> None:
    def brightest(opacity: int) -> int:
        overlay = show("text", text="HHH", position="center", size=20, opacity=opacity)
        output = planned_from(grey, codec="h264", overlay=overlay)
        return max(pixels(drawn(output, tmp_path / str(opacity)), "gray"))

    assert brightest(100) > 240
    assert 140 < brightest(50) < 200


def test_letters_are_drawn_in_the_format_that_is_encoded_so_that_no_scaler_comes_between() -> None:
    filters = planned(facts(), overlay=show("frame")).arguments.filters
    drawing = next(number for number, each in enumerate(filters) if each.startswith("drawtext"))
    assert filters[drawing - 1] == filters[-1] == "format=yuv422p10le"


# Which numbers they show: read from the picture, by comparing it with the same letters drawn as a text.


def shows(source: Path, shown: list[dict[str, object]], frame: int, text: str, folder: Path, **fields: object) -> bool:
    """Say whether a burn-in shows a text in a frame."""
    settings = {"codec": "h264", **fields}
    running = drawn(planned_from(source, overlay=shown, **settings), folder / "running")
    still_overlay = show("text", text=text, position="center", size=20)
    still = drawn(planned_from(source, overlay=still_overlay, **settings), folder / "still")
    one, other = pixels(running, "gray", frame=frame), pixels(still, "gray", frame=frame)
    # A digit that is another one differs by hundreds of pixels; encoding differs by a level here and there.
    return sum(abs(a - b) > 60 for a, b in zip(one, other, strict=True)) < 20


CODES = {
    "25": ("25", "01:00:59:24", ("01:00:59:24", "01:01:00:00")),
    "29.97 drop, a minute": ("30000/1001", "01:00:59;29", ("01:00:59;29", "01:01:00;02")),
    "29.97 drop, the tenth minute": ("30000/1001", "01:09:59;29", ("01:09:59;29", "01:10:00;00")),
    "59.94 drop, a minute": ("60000/1001", "01:00:59;59", ("01:00:59;59", "01:01:00;04")),
    "29.97 non-drop": ("30000/1001", "01:00:59:29", ("01:00:59:29", "01:01:00:00")),
    "23.976, midnight": ("24000/1001", "23:59:59:23", ("23:59:59:23", "00:00:00:00")),
}


@pytest.mark.parametrize(("rate", "start", "wanted"), CODES.values(), ids=CODES)
def test_the_timecode_runs_from_the_start_of_the_source(
    rate: str, start: str, wanted: tuple[str, ...], tmp_path: Path
) -> None:
    fill = ("-vf", "drawbox=c=0x505050:t=fill", "-timecode", start)
    source = clip(tmp_path / "a.mov", size="640x180", rate=rate, seconds=0.13, extra=fill)
    burnt = show("timecode", position="center", size=20)
    for frame, code in enumerate(wanted):
        assert shows(source, burnt, frame, code, tmp_path / str(frame)), code
    assert not shows(source, burnt, 1, wanted[0], tmp_path / "other")


def test_the_timecode_runs_at_the_rate_of_the_output(grey: Path, tmp_path: Path) -> None:
    burnt = show("timecode", position="center", size=20)
    fields = {"fps_explicit": "50", "codec": "h264"}
    assert shows(grey, burnt, 3, "01:00:00:03", tmp_path, **fields)


def test_the_timecode_of_the_spec_is_the_one_that_runs() -> None:
    output = planned(facts(timecode="01:00:00:00"), timecode="10:20:30:05", overlay=show("timecode"))
    assert r"timecode='10\:20\:30\:05':timecode_rate=25:" in graph(output)
    dropped = planned(facts(rate=NTSC, timecode="10:20:30;05"), overlay=show("timecode"))
    assert r"timecode='10\:20\:30;05':timecode_rate=30000/1001:" in graph(dropped)


def test_frames_are_counted_from_0(grey: Path, tmp_path: Path) -> None:
    burnt = show("frame", position="center", size=20)
    assert shows(grey, burnt, 0, "0", tmp_path / "first")
    assert shows(grey, burnt, 2, "2", tmp_path / "third")


def test_a_timecode_that_is_not_there_is_refused_and_not_invented() -> None:
    for container in ("mov", "mxf"):
        (found,) = refused(facts(), overlay=show("timecode"), container=container)
        assert found.code == "JS155"
        assert "timecode: 01:00:00:00" in found.message
    assert refused(facts(timecode="01:00:00:00"), timecode="none", overlay=show("timecode"))


def test_every_source_without_one_is_named() -> None:
    found = refused([facts(), facts()], sources=["media:a.mov", "media:b.mov"], overlay=show("timecode"))
    assert ["media:a.mov" in each.message for each in found] == [True, False]


# Keys, plans, and what must not move.


def test_a_burn_in_is_another_picture_and_its_texts_are_told() -> None:
    before, after = (plan(facts(), overlay=show("text", text=text)) for text in ("one", "two"))
    (change,) = compare(before, after)
    assert (str(change.kind), change.words) == ("re-encoded", ("picture burns 1 text one → two",))
    (first,) = compare(plan(facts()), before)
    assert "picture burns 1 show none → text" in first.words


def test_another_name_of_a_source_moves_only_outputs_that_show_it() -> None:
    for overlay, moved in ((show("source_name"), True), (show("frame"), False)):
        keys = {planned(facts(), sources=[f"media:{name}.mov"], overlay=overlay).key for name in "ab"}
        assert (len(keys) == 2) is moved


def test_a_saved_plan_is_trusted_with_its_burn_ins() -> None:
    saved = plan(facts(timecode="01:00:00:00"), overlay=[*show("timecode"), *show("source_name")])
    assert trusted(lines(saved)) == saved


def test_threads_and_fields_make_no_difference(tmp_path: Path) -> None:
    interlaced = ("-c:v", "prores_ks", "-flags", "+ildct+ilme")
    fields = ("-vf", "setfield=tff", "-timecode", "01:00:00:00")
    source = clip(tmp_path / "a.mov", seconds=0.12, encode=interlaced, extra=fields)
    output = planned_from(source, overlay=[*show("timecode"), *show("source_name")])
    first = drawn(output, tmp_path / "one")
    again = tmp_path / "many"
    again.mkdir()
    for each in ("font.ttf", "text1.txt"):
        (again / each).write_bytes((tmp_path / "one" / each).read_bytes())
    assert streamhash(made(output, again, threads=7)) == streamhash(first)
    assert probe(first, "made").picture.scan == "tff"


# The font.


def tables(data: bytes) -> dict[bytes, bytes]:
    """Return the tables of a TrueType font (OpenType, table directory)."""
    (count,) = struct.unpack(">H", data[4:6])
    rows = (struct.unpack(">4s4xII", data[12 + 16 * row : 28 + 16 * row]) for row in range(count))
    return {name: data[start : start + length] for name, start, length in rows}


def mapped(data: bytes) -> set[int]:
    """Return the characters that a font maps to glyphs, by its table of format 4 (OpenType, cmap)."""
    cmap = tables(data)[b"cmap"]
    (first,) = struct.unpack(">I", cmap[8:12])
    table = cmap[first:]
    assert struct.unpack(">H", table[:2]) == (4,)
    count = struct.unpack(">H", table[6:8])[0] // 2
    ends = struct.unpack(f">{count}H", table[14 : 14 + 2 * count])
    starts = struct.unpack(f">{count}H", table[16 + 2 * count : 16 + 4 * count])
    return {point for low, high in zip(starts, ends, strict=True) for point in range(low, high + 1)}


@pytest.fixture(scope="module")
def font() -> bytes:
    return font_path(NAME).read_bytes()


def test_every_letter_that_counts_as_drawable_is_in_the_font(font: bytes) -> None:
    points = (*range(0xD800), *range(0xE000, 0x10000))
    letters = {point for point in points if drawable(chr(point)) == chr(point)}
    assert letters <= mapped(font)
    assert len(letters) > 800
    assert set(map(ord, "AZaz09 -_.()[]{}#@äßéçñøŁžЖя")) <= letters


def test_all_letters_have_the_one_width_that_sizes_are_computed_with(font: bytes) -> None:
    parts = tables(font)
    (count,) = struct.unpack(">H", parts[b"hhea"][34:36])
    assert {struct.unpack(">H", parts[b"hmtx"][4 * n : 4 * n + 2])[0] for n in range(count)} == {FONT.advance}
    assert struct.unpack(">H", parts[b"head"][18:20]) == (FONT.em,)


def test_an_arrow_stays_two_letters(font: bytes) -> None:
    """Fonts for programmers make → of -> and ≠ of !=: then a name in the picture is not the name of the file."""
    assert not [each for each in (b"calt", b"liga", b"clig", b"rlig") if each in tables(font)[b"GSUB"]]


def test_letters_stand_on_the_bars_of_a_padded_picture(grey: Path, tmp_path: Path) -> None:
    overlay = show("text", text="HHHH", position="top-left", size=8)
    output = planned_from(grey, codec="h264", resolution="320x320", fit="pad", overlay=overlay)
    left, top, _, bottom = boxes(drawn(output, tmp_path / "work"), 320, 320)
    # The picture is 180 high, so that the bars above and below it are 70.
    assert (16 <= left < 26, 16 <= top < 26, bottom > 250) == (True, True, True)
