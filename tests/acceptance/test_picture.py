"""What an editor gets of a picture: shape, levels, colour, fields; encoded by the command, judged by ffprobe."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from tests.acceptance.looks import ffprobe, frames, grey, video
from tests.clips import clip, ffmpeg
from tests.conftest import Repository


def run(repository: Repository, **fields: str) -> Path:
    """Run a spec over media/a.mov and return its one output."""
    done = repository.jobspec("run", str(spec(repository, **fields)))
    assert done.returncode == 0, done.stdout + done.stderr
    (name,) = repository.outputs()
    return repository.proxies / name


def spec(repository: Repository, source: str = "media:a.mov", more: str = "", **fields: str) -> Path:
    return repository.spec(sources=(source,), more=more, **fields)


def refusal(repository: Repository, **fields: str) -> str:
    """Return what the plan says when it is refused; nothing was encoded."""
    done = repository.jobspec("run", str(spec(repository, **fields)))
    assert done.returncode == 1
    assert repository.outputs() == []
    return done.stderr + done.stdout


def plan(repository: Repository, **fields: str) -> str:
    done = repository.jobspec("plan", str(spec(repository, **fields)))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_1080p_into_dnxhd_at_half_is_refused_and_names_dnxhr(repository: Repository) -> None:
    repository.clip(size="1920x1080", seconds=0.08)
    told = refusal(repository, codec="dnxhd", container="mxf", resolution="half")
    assert "960x540" in told and "dnxhr_lb" in told


def test_a_quarter_of_480_lines_is_too_small_for_dnxhr(repository: Repository) -> None:
    repository.clip(size="854x480", seconds=0.08)
    told = refusal(repository, codec="dnxhr_lb", container="mxf", resolution="quarter")
    assert "212x120 is too small for dnxhr_lb, which needs 256x120" in told


def test_a_quarter_of_1366_by_768_is_340_by_192_of_the_sources_sample_shape(repository: Repository) -> None:
    repository.clip(size="1366x768", seconds=0.08)
    stream = video(run(repository, resolution="quarter"))
    assert (stream["width"], stream["height"], stream["sample_aspect_ratio"]) == (340, 192, "1:1")


def circle(path: Path, size: str, aspect: str, shape: Fraction) -> None:
    """Draw a white disc that is round on a display of this sample shape."""
    width, height = map(int, size.split("x"))
    across = float(shape)
    inside = f"lt(hypot((X-{width / 2})*{across}\\,Y-{height / 2})\\,{height * 0.4})"
    drawn = f"color=black:s={size}:r=25:d=0.2,format=gray,geq=lum=255*{inside},format=yuv422p,setdar={aspect}"
    ffmpeg("-f", "lavfi", "-i", drawn, "-c:v", "mpeg2video", "-q:v", "2", f"file:{path}")


def extent(rows: Sequence[bytes]) -> tuple[int, int]:
    """Return width and height of what is bright."""
    bright = [row for row in rows if max(row) > 128]
    return max(sum(value > 128 for value in row) for row in bright), len(bright)


def test_wide_pal_into_a_padded_box_keeps_its_circles_round(repository: Repository) -> None:
    circle(repository.media / "a.mov", "720x576", "16/9", Fraction(64, 45))
    file = run(repository, codec="h264", container="mp4", resolution="640x360", more="fit: pad\n")
    stream = video(file)
    assert (stream["width"], stream["height"], stream["sample_aspect_ratio"]) == (640, 360, "1:1")
    wide, high = extent(grey(file))
    assert abs(wide - high) <= 2
    assert abs(high - 288) <= 2


def test_narrow_pal_gets_bars_left_and_right_that_are_black_and_as_wide_as_each_other(repository: Repository) -> None:
    ffmpeg(
        *("-f", "lavfi", "-i", "color=white:s=720x576:r=25:d=0.2,format=yuv422p,setdar=4/3"),
        *("-c:v", "mpeg2video", "-q:v", "2", f"file:{repository.media / 'a.mov'}"),
    )
    row = grey(run(repository, codec="h264", container="mp4", resolution="640x360", more="fit: pad\n"))[180]
    left, right = next(x for x in range(640) if row[x] > 128), next(x for x in range(640) if row[639 - x] > 128)
    assert left == right == 80
    assert (row[10], row[320]) == (16, 235)


def test_a_portrait_phone_clip_comes_out_upright_at_half(repository: Repository) -> None:
    flat = clip(repository.top / "flat.mp4", size="320x180", seconds=0.2)
    turned = ("-display_rotation:v:0", "-90", "-i", f"file:{flat}", "-c", "copy")
    ffmpeg(*turned, f"file:{repository.media / 'a.mov'}")
    file = run(repository, resolution="half")
    stream = video(file)
    assert (stream["width"], stream["height"]) == (90, 160)
    assert "side_data_list" not in stream


def test_a_larger_box_makes_no_pixels_up_and_the_plan_says_so(repository: Repository) -> None:
    repository.clip(size="640x360", seconds=0.08)
    assert "1920x1080 asked, not upscaled from 640x360" in plan(repository, resolution="1920x1080")
    stream = video(run(repository, resolution="1920x1080"))
    assert (stream["width"], stream["height"]) == (640, 360)


def test_a_larger_box_is_filled_when_the_spec_says_upscale(repository: Repository) -> None:
    repository.clip(size="160x120", seconds=0.08)
    stream = video(run(repository, resolution="640x360", more="upscale: true\n"))
    assert (stream["width"], stream["height"]) == (480, 360)


def test_full_range_becomes_limited_with_every_grey_right_within_one(repository: Repository) -> None:
    """A ramp of full-range luma; limited, it is 16 + value × 219 ÷ 255."""
    drawn = "gradients=s=512x128:c0=black:c1=white:n=2:x0=0:x1=511:y0=0:y1=0:r=25:d=0.2:speed=0.00001,format=yuvj420p"
    source = repository.media / "a.mov"
    encode = ("-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuvj420p", "-color_range", "pc")
    ffmpeg("-f", "lavfi", "-i", drawn, *encode, f"file:{source}")
    before = grey(source)[60]
    assert (video(source)["color_range"], before[0], before[511]) == ("pc", 0, 255)
    file = run(repository, codec="h264", container="mp4", more="quality: high\n")
    stream = video(file)
    assert (stream["color_range"], stream["pix_fmt"]) == ("tv", "yuv420p")
    after = grey(file)[60]
    assert max(abs(after[x] - round(16 + before[x] * 219 / 255)) for x in range(4, 508)) <= 1
    assert max(abs(after[0] - 16), abs(after[511] - 235)) <= 1


def hdr(repository: Repository) -> None:
    tags = "setparams=range=tv:color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    ffmpeg(
        *("-f", "lavfi", "-i", f"testsrc2=s=320x180:r=25:d=0.2,format=yuv420p10le,{tags}", "-c:v", "libx265"),
        *("-x265-params", "log-level=error", "-color_primaries", "bt2020", "-color_trc", "smpte2084"),
        *("-colorspace", "bt2020nc", "-color_range", "tv", f"file:{repository.media / 'a.mov'}"),
    )


def test_pq_into_eight_bits_is_refused_and_tone_mapped_when_asked(repository: Repository) -> None:
    hdr(repository)
    told = refusal(repository, codec="h264", container="mp4")
    assert "HDR (PQ)" in told and "color: tonemap" in told and "prores_hq" in told
    stream = video(run(repository, codec="h264", container="mp4", more="color: tonemap\n"))
    tags = [stream[name] for name in ("color_primaries", "color_transfer", "color_space", "color_range")]
    assert tags == ["bt709", "bt709", "bt709", "tv"]


def test_pq_in_ten_bits_stays_pq(repository: Repository) -> None:
    hdr(repository)
    stream = video(run(repository, codec="prores_hq"))
    assert [stream[name] for name in ("color_primaries", "color_transfer", "color_space")] == [
        "bt2020",
        "smpte2084",
        "bt2020nc",
    ]


@pytest.mark.parametrize(("codec", "container"), [("h264", "mp4"), ("prores_lt", "mov"), ("dnxhr_lb", "mxf")])
def test_an_untagged_source_makes_an_output_that_names_no_colour(
    codec: str, container: str, repository: Repository
) -> None:
    repository.clip()
    assert not {"color_primaries", "color_transfer", "color_space"} & video(repository.media / "a.mov").keys()
    stream = video(run(repository, codec=codec, container=container))
    named = {name: stream[name] for name in ("color_primaries", "color_transfer", "color_space") if name in stream}
    assert named in ({}, {"color_space": "bt709"} if codec == "dnxhr_lb" else {})


INTERLACED = ("-c:v", "mpeg2video", "-q:v", "3", "-flags", "+ildct+ilme", "-pix_fmt", "yuv422p")


def test_1080i_stays_top_field_first_in_dnxhd(repository: Repository) -> None:
    repository.clip(size="1920x1080", seconds=0.2, encode=INTERLACED, extra=("-vf", "setfield=tff"))
    file = run(repository, codec="dnxhd", container="mxf")
    stream = video(file)
    assert (stream["field_order"], stream["nb_read_frames"]) == ("tt", "5")
    shown = ffprobe(file, "-select_streams", "v", "-show_frames")["frames"]
    assert {(each["interlaced_frame"], each["top_field_first"]) for each in shown} == {(1, 1)}


def test_1080i_at_half_is_progressive_with_as_many_frames(repository: Repository) -> None:
    repository.clip(size="1920x1080", seconds=0.2, encode=INTERLACED, extra=("-vf", "setfield=tff"))
    file = run(repository, resolution="half")
    assert (video(file)["field_order"], frames(file)) == ("progressive", 5)


def test_fields_become_frames_where_the_spec_says_progressive(repository: Repository) -> None:
    repository.clip(seconds=0.2, encode=INTERLACED, extra=("-vf", "setfield=bff"))
    assert video(run(repository, more="scan: progressive\n"))["field_order"] == "progressive"


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize(("codec", "container"), [("prores_proxy", "mov"), ("h264", "mkv"), ("h264", "mov")])
def test_the_order_of_fields_arrives(order: str, codec: str, container: str, repository: Repository) -> None:
    repository.clip(seconds=0.2, encode=INTERLACED, extra=("-vf", f"setfield={order}"))
    file = run(repository, codec=codec, container=container)
    shown = ffprobe(file, "-select_streams", "v", "-show_frames")["frames"]
    assert {(each["interlaced_frame"], each["top_field_first"]) for each in shown} == {(1, int(order == "tff"))}


def test_alpha_survives_in_prores_4444_and_is_a_named_loss_in_422(repository: Repository) -> None:
    drawn = "color=red@0.5:s=320x180:r=25:d=0.2,format=yuva444p10le"
    encode = ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")
    ffmpeg("-f", "lavfi", "-i", drawn, *encode, f"file:{repository.media / 'a.mov'}")
    assert video(run(repository, codec="prores_4444"))["pix_fmt"].startswith("yuva444")
    assert "alpha is dropped" in plan(repository, codec="prores_hq")


def test_a_clean_aperture_is_not_cropped_away(repository: Repository) -> None:
    """A clap atom of 1888 of 1920 columns, as XDCAM has it, put into a clip by hand: build 9 would crop to it."""
    drawn = "color=black:s=384x216:r=25:d=0.2,drawbox=0:0:12:216:white:fill,drawbox=372:0:12:216:white:fill"
    file = repository.media / "a.mov"
    ffmpeg("-f", "lavfi", "-i", drawn, "-c:v", "libx264", "-pix_fmt", "yuv420p", f"file:{file}")
    data = file.read_bytes()
    numbers = (352, 1, 216, 1, 0, 1, 0, 1)
    atom = (40).to_bytes(4, "big") + b"clap" + b"".join(number.to_bytes(4, "big") for number in numbers)
    file.write_bytes(grown(data, b"avcC", atom))
    assert video(file)["side_data_list"][0]["crop_left"] == 16
    made = run(repository, codec="h264", container="mp4")
    row = grey(made)[100]
    assert len(row) == 384
    assert (row[6] > 200, row[20] < 30, row[363] < 30, row[377] > 200) == (True, True, True, True)


def grown(data: bytes, beside: bytes, atom: bytes) -> bytes:
    """Put an atom behind another one, and make all those around it as much longer; moov lies behind mdat."""
    at = data.index(beside) - 4
    end = at + int.from_bytes(data[at : at + 4], "big")
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        begins = data.rindex(name, 0, at) - 4
        size = int.from_bytes(data[begins : begins + 4], "big") + len(atom)
        data = data[:begins] + size.to_bytes(4, "big") + data[begins + 4 :]
    return data[:end] + atom + data[end:]
