"""What happens to the picture: sizes, turns, fields, rate, colour; by arithmetic, and by looking at what comes out."""

from fractions import Fraction
from pathlib import Path
from threading import Event

import av
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runner.execution.gate import inspect
from runner.media.facts import Colour, Picture
from runner.media.probe import probe
from runner.plan.geometry import Shape, framed, upright
from runner.spec.resolution import parse_resolution
from tests.clips import FFMPEG, clip, decoded_frames, ffmpeg
from tests.plan.planning import FILM, NTSC, facts, hdr, made, picture, planned, planned_from, refused

ONE, PAL_WIDE = Fraction(1), Fraction(64, 45)
SIZES = (
    ("1920x1080", "same", "1920x1080"),
    ("1920x1080", "half", "960x540"),
    ("1920x1080", "quarter", "480x270"),
    ("1920x1080", "1280x720", "1280x720"),
    ("1920x1080", "640x480", "640x360"),
    ("1920x1080", "3840x2160", "1920x1080"),
    ("1920x1080", "1279x719", "1278x718"),
    ("1366x768", "same", "1366x768"),
    ("1366x768", "half", "682x384"),
    ("1366x768", "quarter", "340x192"),
    ("1366x768", "1280x720", "1280x720"),
    ("854x480", "half", "426x240"),
    ("854x480", "quarter", "212x120"),
    ("854x480", "1280x720", "854x480"),
    ("854x480", "640x480", "640x360"),
    ("321x241", "same", "320x240"),
    ("321x241", "half", "160x120"),
    ("321x241", "quarter", "80x60"),
    ("321x241", "160x160", "160x120"),
    ("720x576 64:45", "same", "720x576 64:45"),
    ("720x576 64:45", "half", "360x288 64:45"),
    ("720x576 64:45", "quarter", "180x144 64:45"),
    ("720x576 64:45", "1280x720", "720x576 64:45"),
    ("720x576 64:45", "640x480", "640x360"),
    ("1440x1080 4:3", "1280x720", "1280x720"),
    ("720x480 8:9", "320x240", "320x240"),
    ("1920x1080 turned 90", "same", "1080x1920"),
    ("1920x1080 turned 90", "half", "540x960"),
    ("1920x1080 turned 180", "half", "960x540"),
    ("1920x1080 turned 270", "1280x720", "404x720"),
    ("720x576 64:45 turned 90", "half", "288x360 45:64"),
    ("720x576 64:45 turned 180", "half", "360x288 64:45"),
)


def source_of(text: str) -> Picture:
    words = text.replace(" turned ", " turned:").split()
    width, height = map(int, words[0].split("x"))
    sar = next((Fraction(word.replace(":", "/")) for word in words[1:] if word[0].isdigit()), ONE)
    turn = next((int(word.split(":")[1]) for word in words[1:] if word.startswith("turned")), 0)
    return picture(width=width, height=height, sar=sar, rotation=turn)


@pytest.mark.parametrize(("source", "resolution", "wanted"), SIZES, ids=[f"{s} to {r}" for s, r, _ in SIZES])
def test_the_output_has_this_size(source: str, resolution: str, wanted: str) -> None:
    shape = framed(upright(source_of(source)), parse_resolution(resolution)).shape
    told = source_of(wanted)
    assert shape == Shape(told.width, told.height, told.sar)


SIDES = st.integers(16, 8192)
SARS = st.sampled_from([ONE, PAL_WIDE, Fraction(16, 15), Fraction(8, 9), Fraction(32, 27), Fraction(4, 3), Fraction(2)])
SHAPES = st.builds(Shape, SIDES, SIDES, SARS)
DIVISORS = st.sampled_from(["same", "half", "quarter"])
BOXES = st.builds(lambda width, height: f"{width}x{height}", SIDES, SIDES)


@given(shape=SHAPES, resolution=DIVISORS | BOXES)
def test_both_sides_are_even_whatever_the_source_has(shape: Shape, resolution: str) -> None:
    result = framed(shape, parse_resolution(resolution)).shape
    assert (result.width % 2, result.height % 2) == (0, 0)
    assert min(result.width, result.height) >= 2


@given(shape=SHAPES, resolution=DIVISORS | BOXES)
def test_a_picture_is_never_shown_larger_than_its_source(shape: Shape, resolution: str) -> None:
    result = framed(shape, parse_resolution(resolution)).shape
    assert result.width * result.sar <= shape.width * shape.sar + 1
    assert result.height <= shape.height


@given(shape=SHAPES, resolution=DIVISORS | BOXES)
def test_the_display_shape_is_kept_within_the_rounding_of_the_sides(shape: Shape, resolution: str) -> None:
    """Each side is off by less than two samples, so the shape lies between those of the extremes."""
    result = framed(shape, parse_resolution(resolution)).shape
    assume(min(result.width, result.height) > 2)  # the least that a codec takes, whatever the shape
    wanted = Fraction(shape.width, shape.height) * shape.sar
    narrow = Fraction(result.width - 2, result.height + 2) * result.sar
    wide = Fraction(result.width + 2, result.height - 2) * result.sar
    assert narrow <= wanted <= wide


@given(shape=SHAPES, width=SIDES, height=SIDES)
def test_a_box_holds_the_picture_that_was_fitted_into_it(shape: Shape, width: int, height: int) -> None:
    result = framed(shape, parse_resolution(f"{width}x{height}")).shape
    assert result.width * result.sar <= max(width, 2)
    assert result.height <= max(height, 2)


@given(shape=SHAPES, width=SIDES, height=SIDES)
def test_a_box_that_had_to_shrink_the_picture_makes_square_pixels(shape: Shape, width: int, height: int) -> None:
    result = framed(shape, parse_resolution(f"{width}x{height}")).shape
    fits = shape.width * shape.sar <= width and shape.height <= height
    assert result.sar == (shape.sar if fits else 1)


@given(width=SIDES, height=SIDES, sar=SARS)
def test_a_half_turn_keeps_the_shape_and_a_quarter_turn_swaps_it(width: int, height: int, sar: Fraction) -> None:
    flat = picture(width=width, height=height, sar=sar)
    turned = {turn: upright(picture(width=width, height=height, sar=sar, rotation=turn)) for turn in (90, 180, 270)}
    assert turned[180] == upright(flat) == Shape(width, height, sar)
    assert turned[90] == turned[270] == Shape(height, width, 1 / sar)


# What comes out of FFmpeg.


def grey(path: Path, width: int, height: int) -> bytes:
    """Return the luma of the first frame, as it is coded."""
    raw = path.with_suffix(".raw")
    plane = ("-vf", "extractplanes=y", "-frames:v", "1", "-f", "rawvideo")
    ffmpeg("-i", f"file:{path}", "-map", "0:v", *plane, f"file:{raw}")
    data = raw.read_bytes()
    assert len(data) == width * height
    return data


GEOMETRY = {
    "a half": ("320x180", (), "half"),
    "a box": ("320x180", (), "200x200"),
    "odd sides": ("321x241", (), "same"),
    "anamorphic": ("180x144", ("-aspect", "16:9"), "half"),
    "anamorphic into a box": ("180x144", ("-aspect", "16:9"), "128x128"),
}


@pytest.mark.parametrize("codec", ["prores_proxy", "h264"])
@pytest.mark.parametrize(("size", "extra", "resolution"), GEOMETRY.values(), ids=GEOMETRY)
def test_the_encoded_file_has_the_planned_size_and_shape(
    size: str, extra: tuple[str, ...], resolution: str, codec: str, tmp_path: Path
) -> None:
    source = clip(tmp_path / "a.mkv", size=size, seconds=0.08, encode=("-c:v", "ffv1"), extra=extra)
    output = planned_from(source, codec=codec, resolution=resolution)
    found = probe(made(output, tmp_path / "work"), "made").picture
    assert (found.width, found.height, found.sar) == (output.expects.width, output.expects.height, output.expects.sar)
    assert found.rotation == 0


@pytest.mark.parametrize(("clockwise", "bright"), [(90, "top"), (270, "bottom"), (180, "right")])
def test_a_turned_clip_comes_out_upright(clockwise: int, bright: str, tmp_path: Path) -> None:
    """The left half of the coded picture is white: a clockwise quarter turn brings it to the top."""
    flat, turned = tmp_path / "flat.mov", tmp_path / "turned.mov"
    white = "color=black:s=64x32:d=0.08:r=25,drawbox=w=32:h=32:color=white:t=fill"
    ffmpeg("-f", "lavfi", "-i", white, "-c:v", "libx264", "-pix_fmt", "yuv420p", f"file:{flat}")
    ffmpeg("-display_rotation", str(-clockwise), "-i", f"file:{flat}", "-c", "copy", f"file:{turned}")
    output = planned_from(turned, codec="h265", container="mkv")
    width, height = output.expects.width, output.expects.height
    assert (width, height) == ((32, 64) if clockwise % 180 else (64, 32))
    data = grey(made(output, tmp_path / "work"), width, height)
    rows = [data[start : start + width] for start in range(0, len(data), width)]
    light = {
        "top": rows[4][width // 2],
        "bottom": rows[-4][width // 2],
        "left": rows[height // 2][4],
        "right": rows[height // 2][-4],
    }
    dark = {"top": "bottom", "bottom": "top", "right": "left"}[bright]
    assert light[bright] > 200
    assert light[dark] < 40


def test_full_range_becomes_limited_and_white_stays_white(tmp_path: Path) -> None:
    source = tmp_path / "a.mov"
    ffmpeg(
        *("-f", "lavfi", "-i", "color=white:s=64x64:d=0.08:r=25,drawbox=w=32:h=64:color=black:t=fill"),
        *("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", f"file:{source}"),
    )
    assert set(grey(source, 64, 64)[:64]) & {0, 255} == {0, 255}
    output = planned_from(source, codec="h264")
    file = made(output, tmp_path / "work")
    row = grey(file, 64, 64)[:64]
    assert abs(row[4] - 16) <= 2
    assert abs(row[-4] - 235) <= 2
    assert probe(file, "made").picture.colour.range == "tv"


def test_rgb_becomes_bt_709_and_red_stays_red(tmp_path: Path) -> None:
    source, shown = tmp_path / "a.mov", tmp_path / "shown.raw"
    red = "color=0xd02010:s=64x64:d=0.08:r=25,format=rgb24"
    ffmpeg("-f", "lavfi", "-i", red, "-c:v", "png", f"file:{source}")
    file = made(planned_from(source, codec="prores_4444"), tmp_path / "work")
    assert probe(file, "made").picture.colour.matrix == "bt709"
    ffmpeg("-i", f"file:{file}", "-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", f"file:{shown}")
    red_green_blue = shown.read_bytes()[:3]
    assert [round(each / 16) for each in red_green_blue] == [0xD, 0x2, 0x1]


TAGS = {
    "HD": "range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709",
    "PAL": "range=tv:color_primaries=bt470bg:color_trc=smpte170m:colorspace=bt470bg",
    "the matrix alone": "colorspace=smpte170m",
}


@pytest.mark.parametrize(
    ("codec", "container"), [("prores_proxy", "mov"), ("h264", "mp4"), ("h264", "mkv"), ("vp9", "webm")]
)
@pytest.mark.parametrize("tags", TAGS.values(), ids=TAGS)
def test_colour_is_tagged_as_the_source_tags_it(tags: str, codec: str, container: str, tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", seconds=0.08, extra=("-vf", f"setparams={tags}"))
    output = planned_from(source, codec=codec, container=container)
    found, wanted = probe(made(output, tmp_path / "work"), "made").picture.colour, probe(source, "a").picture.colour
    told = [name for name in ("primaries", "transfer", "matrix", "range") if getattr(wanted, name)]
    assert {name: getattr(found, name) for name in told} == {name: getattr(wanted, name) for name in told}
    assert output.intent.picture.colour == wanted


def test_a_source_that_names_no_colour_makes_an_output_that_names_none() -> None:
    output = planned(facts())
    assert output.intent.picture.colour == Colour()
    written = " ".join(map(str, output.arguments.writing)) + " ".join(output.arguments.filters)
    assert "setparams" not in written
    assert "color_" not in written


# Fields.

INTERLACED = ("-c:v", "prores_ks", "-flags", "+ildct+ilme")


@pytest.mark.parametrize("order", ["tff", "bff"])
def test_fields_survive_at_their_own_height_in_a_codec_that_has_them(order: str, tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", seconds=0.08, encode=INTERLACED, extra=("-vf", f"setfield={order}"))
    output = planned_from(source, codec="prores_proxy")
    assert output.losses == ()
    assert probe(made(output, tmp_path / "work"), "made").picture.scan == order


def test_fields_are_asked_for_by_the_flags_that_older_builds_need() -> None:
    """Build 9 looks at the frames; 5.1 and 7.0 write a progressive file unless they are told."""
    for scan, told in (("tff", True), ("progressive", False)):
        assert ("+ildct+ilme" in planned(facts(scan=scan)).arguments.writing) is told


@pytest.mark.parametrize(
    ("codec", "resolution"),
    [("prores_proxy", "half"), ("dnxhr_lb", "same"), ("h265", "same")],
    ids=["another height", "DNxHR", "HEVC"],
)
def test_fields_that_cannot_survive_become_as_many_progressive_frames_and_are_named(
    codec: str, resolution: str, tmp_path: Path
) -> None:
    source = clip(tmp_path / "a.mov", seconds=0.2, encode=INTERLACED, extra=("-vf", "setfield=tff"))
    output = planned_from(source, codec=codec, resolution=resolution)
    assert output.losses == ("interlaced fields become progressive frames",)
    file = made(output, tmp_path / "work")
    assert probe(file, "made").picture.scan == "progressive"
    assert decoded_frames(file) == output.expects.frames == 5


def test_fields_of_hdr_that_is_tone_mapped_become_frames() -> None:
    colour = hdr("arib-std-b67")
    assert planned(facts(scan="tff", colour=colour, depth=10), color="tonemap").intent.picture.scan == "progressive"
    assert planned(facts(scan="tff", colour=colour, depth=10)).intent.picture.scan == "tff"


def test_fields_of_a_turned_picture_are_lines_no_more() -> None:
    assert planned(facts(scan="tff", rotation=90)).intent.picture.scan == "progressive"
    assert planned(facts(scan="tff")).intent.picture.scan == "tff"


# Rate.


@pytest.mark.parametrize(
    ("source", "explicit"),
    [
        ("25", "24000/1001"),
        ("24000/1001", "25"),
        ("30000/1001", "24000/1001"),
        ("25", "50"),
        ("60000/1001", "30000/1001"),
    ],
    ids=["25 to 23.976", "23.976 to 25", "29.97 to 23.976", "25 to 50", "59.94 to 29.97"],
)
def test_a_changed_rate_gives_the_planned_number_of_frames_and_is_named(
    source: str, explicit: str, tmp_path: Path
) -> None:
    file = clip(tmp_path / "a.mov", rate=source, seconds=1)
    output = planned_from(file, codec="h264", fps_explicit=explicit)
    encoded = made(output, tmp_path / "work")
    assert abs(decoded_frames(encoded) - output.expects.frames) <= output.expects.frames_off <= 1
    assert probe(encoded, "made").picture.rate == Fraction(explicit)
    assert any(loss.startswith("frame rate ") for loss in output.losses)


@pytest.mark.parametrize("extension", ["mov", "mkv", "ts"])
def test_a_variable_rate_becomes_constant_with_about_the_planned_frames_and_is_named(
    extension: str, tmp_path: Path
) -> None:
    dropped = ("-vf", "select='not(eq(mod(n,7),3))'", "-fps_mode", "passthrough")
    source = clip(tmp_path / f"a.{extension}", rate="30000/1001", seconds=1, extra=dropped)
    output = planned_from(source, codec="h264")
    assert output.losses == ("variable frame rate becomes constant 29.97",)
    assert abs(output.expects.frames - 30) <= 1
    file = made(output, tmp_path / "work")
    assert abs(decoded_frames(file) - output.expects.frames) <= output.expects.frames_off
    found = probe(file, "made").picture
    assert (found.rate, found.constant) == (NTSC, True)


@pytest.mark.parametrize("rate", ["48000/1001", "60000/1001", "120000/1001"])
@pytest.mark.parametrize("late", [0, 0.5])
def test_a_fast_matroska_keeps_its_exact_rate_frames_and_begin(rate: str, late: float, tmp_path: Path) -> None:
    plain = clip(tmp_path / "a.mkv", rate=rate, seconds=1, tracks=(1,))
    source = tmp_path / "late.mkv"
    ffmpeg(
        "-itsoffset",
        str(late),
        "-i",
        str(plain),
        "-i",
        str(plain),
        *("-map", "0:v", "-map", "1:a"),
        "-c",
        "copy",
        str(source),
    )
    for container in ("mov", "mxf"):
        if (container, rate) == ("mxf", "120000/1001"):
            continue
        file = made(planned_from(source, codec="prores_proxy", container=container), tmp_path / container)
        with av.open(str(file)) as opened:
            (stream,) = opened.streams.video
            assert stream.base_rate == Fraction(rate)
            begin = float((stream.start_time or 0) * stream.time_base)
        assert decoded_frames(file) == decoded_frames(source)
        assert begin == pytest.approx(late if container == "mov" else 0, abs=0.01)


@pytest.mark.parametrize("container", ["mov", "mkv"])
def test_a_picture_that_comes_in_after_the_sound_still_does_when_conformed(container: str, tmp_path: Path) -> None:
    plain = clip(tmp_path / "a.mov", seconds=2, tracks=(1,))
    source = tmp_path / "late.mov"
    streams = ("-i", str(plain), "-map", "0:v", "-map", "1:a", "-c", "copy")
    ffmpeg("-itsoffset", "1", "-i", str(plain), *streams, str(source))
    output = planned_from(source, codec="h264", container=container, fps_explicit="24", conform=True)
    file = made(output, tmp_path / "work")
    assert decoded_frames(file) == 50
    with av.open(str(file)) as opened:
        begin = float((opened.streams.video[0].start_time or 0) * opened.streams.video[0].time_base)
    assert begin == pytest.approx(25 / 24, abs=0.01)
    assert inspect(file, output.expects, Path(FFMPEG), tmp_path / "log", Event()).reasons == ()


def staying(path: Path, *, last: int, rate: str = "25", seconds: float = 0.4, dropped: tuple[str, ...] = ()) -> Path:
    """Make a clip whose last frame stays for a second, as phones do when sound ends later than the picture."""
    source = clip(path.with_name("plain.mp4"), rate=rate, seconds=seconds, extra=dropped)
    stay = f"setts=duration=if(eq(N\\,{last})\\,1/TB\\,DURATION)"
    ffmpeg("-i", f"file:{source}", "-c", "copy", "-bsf:v", stay, f"file:{path}")
    return path


@pytest.mark.parametrize(("explicit", "wanted"), [("24", 33), ("30", 41), ("50", 68)])
def test_a_last_frame_that_stays_is_held_where_frames_are_resampled(explicit: str, wanted: int, tmp_path: Path) -> None:
    output = planned_from(staying(tmp_path / "a.mp4", last=9), codec="h264", fps_explicit=explicit)
    assert abs(output.expects.frames - wanted) <= 1
    encoded = made(output, tmp_path / "work")
    assert abs(decoded_frames(encoded) - output.expects.frames) <= output.expects.frames_off <= 1


@pytest.mark.parametrize("container", ["mov", "mkv", "mxf"])
def test_a_last_frame_that_stays_passes_the_gate_where_every_frame_is_kept(container: str, tmp_path: Path) -> None:
    source = staying(tmp_path / "a.mp4", last=9)
    output = planned_from(source, codec="prores_proxy", container=container)
    assert (output.expects.frames, output.expects.frames_off) == (10, 0)
    verdict = inspect(made(output, tmp_path / "work"), output.expects, Path(FFMPEG), tmp_path / "log", Event())
    assert verdict.reasons == ()


def test_a_phones_last_frame_is_held_behind_a_variable_rate(tmp_path: Path) -> None:
    dropped = ("-vf", "select='not(eq(mod(n,7),3))'", "-fps_mode", "passthrough")
    phone = staying(tmp_path / "a.mp4", last=50, rate="30", seconds=2, dropped=dropped)
    output = planned_from(phone, codec="h264")
    assert abs(output.expects.frames - 88) <= 1
    assert abs(decoded_frames(made(output, tmp_path / "work")) - output.expects.frames) <= output.expects.frames_off


def test_the_same_rate_said_explicitly_changes_no_frame() -> None:
    output = planned(facts(rate=FILM, frames=48), fps_explicit="23.976")
    assert (output.intent.picture.timing, output.losses) == ("every-frame", ())
    assert (output.expects.frames, output.expects.frames_off) == (48, 0)


@pytest.mark.parametrize("rate", ["24000/1001", "25", "30000/1001", "60000/1001", "240", "1000/33"])
def test_every_frame_of_a_constant_rate_clip_is_kept(rate: str, tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", rate=rate, seconds=0.2)
    output = planned_from(source, codec="h264")
    file = made(output, tmp_path / "work")
    assert decoded_frames(file) == output.expects.frames == decoded_frames(source)
    assert probe(file, "made").picture.rate == output.expects.rate == Fraction(rate)


# Alpha, HDR, and what cannot be.


@pytest.mark.parametrize("encode", [("-c:v", "png", "-pix_fmt", "rgba"), ("-c:v", "ffv1", "-pix_fmt", "yuva444p")])
def test_alpha_survives_in_prores_4444(encode: tuple[str, ...], tmp_path: Path) -> None:
    output = planned_from(clip(tmp_path / "a.mkv", seconds=0.08, encode=encode), codec="prores_4444")
    assert output.losses == ()
    found = probe(made(output, tmp_path / "work"), "made").picture
    assert found.alpha
    assert found.pixel_format.startswith("yuva444p")


def test_a_source_without_alpha_gets_none() -> None:
    assert planned(facts(), codec="prores_4444").intent.picture.pixel_format == "yuv444p10le"


def test_alpha_that_the_codec_has_not_is_named_as_lost() -> None:
    assert planned(facts(alpha=True)).losses == ("alpha is dropped",)


@pytest.mark.parametrize(("transfer", "spoken"), [("smpte2084", "PQ"), ("arib-std-b67", "HLG")])
def test_hdr_in_eight_bits_is_refused_and_the_deep_codecs_are_named(transfer: str, spoken: str) -> None:
    (found,) = refused(facts(colour=hdr(transfer)), codec="h264")
    assert found.code == "JS076"
    assert f"is HDR ({spoken})" in found.message
    assert "prores_proxy" in found.message
    assert "av1" in found.message
    assert "h265" not in found.message


@pytest.mark.parametrize("codec", ["prores_proxy", "av1"])
def test_hdr_in_ten_bits_keeps_its_tags(codec: str) -> None:
    output = planned(facts(colour=hdr("smpte2084")), codec=codec, container="mkv")
    assert output.intent.picture.colour == hdr("smpte2084")


SD = Colour(primaries="smpte170m", transfer="smpte170m", matrix="smpte170m", range="tv")


@pytest.mark.parametrize("codec", ["dnxhr_lb", "dnxhr_hqx", "dnxhr_444"])
def test_dnx_knows_one_matrix_so_others_are_converted_to_it_and_the_change_is_named(codec: str) -> None:
    output = planned(facts(colour=hdr("smpte2084") if codec != "dnxhr_lb" else SD), codec=codec, container="mkv")
    assert output.intent.picture.colour.matrix == "bt709"
    assert "out_color_matrix=bt709" in output.arguments.filters[0]
    assert any("colour matrix" in loss and "becomes bt709" in loss for loss in output.losses)


def test_dnx_of_an_untagged_source_invents_no_matrix() -> None:
    output = planned(facts(), codec="dnxhr_lb", container="mkv")
    assert output.intent.picture.colour.matrix is None
    assert "out_color_matrix" not in output.arguments.filters[0]


def test_hdr_that_was_encoded_is_still_tagged_as_hdr(tmp_path: Path) -> None:
    tags = "setparams=range=tv:color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    encode = ("-c:v", "libx265", "-x265-params", "log-level=none", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le")
    source = clip(tmp_path / "a.mov", seconds=0.08, encode=encode, extra=("-vf", tags))
    assert probe(made(planned_from(source), tmp_path / "work"), "made").picture.colour == hdr("smpte2084")


@pytest.mark.parametrize("resolution", ["half", "quarter", "1024x576"])
def test_dnxhd_at_a_size_that_it_has_not_is_refused_for_dnxhr(resolution: str) -> None:
    (found,) = refused(facts(), codec="dnxhd", resolution=resolution)
    assert found.code == "JS070"
    assert "dnxhr_lb takes any size and rate" in found.message


def test_dnxhd_at_a_rate_that_it_has_not_is_refused_and_the_rate_is_said() -> None:
    (found,) = refused(facts(rate=Fraction(48)), codec="dnxhd")
    assert "1920x1080 at 48" in found.message
    assert "dnxhr_lb takes any size and rate" in found.message


@pytest.mark.parametrize(
    ("codec", "size", "minimum"),
    [("dnxhr_lb", (254, 144), "256x120"), ("dnxhr_sq", (480, 118), "256x120"), ("av1", (62, 64), "64x64")],
)
def test_a_picture_too_small_for_its_codec_is_refused_with_the_smallest_size(
    codec: str, size: tuple[int, int], minimum: str
) -> None:
    (found,) = refused(facts(width=size[0], height=size[1]), codec=codec, container="mkv")
    assert found.code == "JS071"
    assert f"needs {minimum}" in found.message
    assert "choose a larger resolution" in found.message


def test_a_picture_of_exactly_the_smallest_size_is_planned() -> None:
    assert planned(facts(width=256, height=120), codec="dnxhr_lb").expects.width == 256
