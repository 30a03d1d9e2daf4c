"""Colour tags that FFmpeg's filters do not take as they are."""

from pathlib import Path
from threading import Event

import pytest

from runner.execution.gate import inspect
from runner.media.colours import MATRICES, PRIMARIES, TRANSFERS
from runner.media.facts import Colour
from runner.media.probe import probe
from runner.media.source import probe_source
from runner.plan.light import HDR
from runner.plan.model import Output
from tests.clips import FFMPEG, clip, ffmpeg
from tests.plan.planning import facts, made, planned, planned_from, refused

LIGHT = ("color_trc", "transfer", TRANSFERS.values())
TAGS = [
    (option, field, name)
    for option, field, names in (
        ("color_primaries", "primaries", PRIMARIES.values()),
        LIGHT,
        ("colorspace", "matrix", MATRICES.values()),
    )
    for name in names
    if name not in (*HDR, "linear", "gbr", "bt2020c", "ictcp")
]


@pytest.mark.parametrize(("option", "field", "name"), TAGS)
def test_every_tag_of_h_273_goes_through_a_change_of_size(option: str, field: str, name: str, tmp_path: Path) -> None:
    encode = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", f"-{option}", name)
    word = {"gamma22": "bt470m", "gamma28": "bt470bg"}.get(name, name)
    filters = ("-vf", f"format=yuv420p,setparams={option}={word}")
    source = clip(tmp_path / "a.mkv", seconds=0.08, encode=encode, extra=filters)
    before = probe(source, "a").picture.colour
    assert getattr(before, field) == name
    after = probe(made(planned_from(source, codec="h264", container="mkv", resolution="half"), tmp_path / "work"), "b")
    assert getattr(after.picture.colour, field) == name


@pytest.mark.parametrize("matrix", ["ycgco", "bt2020c", "ictcp"])
def test_a_matrix_that_cannot_be_converted_is_refused_where_a_codec_asks_for_another(matrix: str) -> None:
    (found,) = refused(facts(colour=Colour(matrix=matrix)), codec="dnxhr_hqx")
    assert found.code == "JS200" and matrix in found.message and "prores_proxy" in found.message


UNSAID = [("dnxhr_hqx", "iec61966-2-1"), ("dnxhr_hqx", "log100"), ("h264", "gamma28"), ("prores_proxy", "gamma28")]


@pytest.mark.parametrize(("codec", "transfer"), UNSAID)
def test_what_an_mxf_has_no_label_for_is_left_unsaid_and_named(codec: str, transfer: str) -> None:
    output = planned(facts(colour=Colour(transfer=transfer)), codec=codec, container="mxf")
    assert output.intent.picture.colour.transfer is None
    assert any(transfer in loss for loss in output.losses)
    assert planned(facts(colour=Colour(transfer=transfer)), codec=codec).intent.picture.colour.transfer == transfer


@pytest.mark.parametrize("codec", ["dnxhr_lb", "h264", "prores_proxy"])
@pytest.mark.parametrize(("option", "name"), [(option, name) for option, _, name in TAGS if option != "colorspace"])
def test_an_mxf_passes_the_gate_whatever_tags_its_source_has(
    codec: str, option: str, name: str, tmp_path: Path
) -> None:
    word = {"gamma22": "bt470m", "gamma28": "bt470bg"}.get(name, name)
    encode = ("-c:v", "ffv1", f"-{option}", name)
    filters = ("-vf", f"format=yuv422p,setparams={option}={word}")
    source = clip(tmp_path / "a.mkv", seconds=0.08, encode=encode, extra=filters)
    output = planned_from(source, codec=codec, container="mxf")
    verdict = inspect(made(output, tmp_path / "work"), output.expects, Path(FFMPEG), tmp_path / "log", Event())
    assert verdict.reasons == ()


def sequence(folder: Path, name: str, pixel_format: str, **own: str) -> Output:
    """Make a sequence of two pictures and return the output that it gets."""
    pattern = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    ffmpeg(*("-f", "lavfi", "-i", "testsrc2=s=192x108:r=25:d=0.08", "-pix_fmt", pixel_format), str(pattern))
    entry = {"sequence": str(pattern), "rate": "24", **own}
    codec = "h264" if own.get("transfer") in ("pq", "hlg") else "prores_proxy"
    known = probe_source(pattern, str(pattern), sequence=True)
    return planned(known, sources=[entry], codec=codec, color="tonemap")


@pytest.mark.parametrize("name", ["a.%04d.tif", "a.%04d.png", "a.%04d.dpx", "a.%04d.jpg", "a.%04d.tga"])
def test_a_sequence_of_each_kind_of_picture_is_encoded(name: str, tmp_path: Path) -> None:
    pixel_format = {"jpg": "yuvj420p", "tga": "bgr24", "dpx": "gbrp10le"}.get(name[-3:], "rgb24")
    output = sequence(tmp_path, name, pixel_format)
    verdict = inspect(made(output, tmp_path / "work"), output.expects, Path(FFMPEG), tmp_path / "log", Event())
    assert verdict.reasons == ()


@pytest.mark.parametrize(
    ("transfer", "tag"), [("log", None), ("srgb", "iec61966-2-1"), ("pq", "bt709"), ("hlg", "bt709")]
)
def test_an_exr_is_tagged_as_its_spec_says_and_never_as_its_decoder_guesses(
    transfer: str, tag: str | None, tmp_path: Path
) -> None:
    output = sequence(tmp_path, "a.%04d.exr", "gbrapf32le", transfer=transfer)
    assert probe(made(output, tmp_path / "work"), "made").picture.colour.transfer == tag


@pytest.mark.parametrize("transfer", HDR)
def test_hdr_that_names_no_primaries_is_tone_mapped_as_bt_2020(transfer: str, tmp_path: Path) -> None:
    filters = ("-vf", f"format=yuv420p10le,setparams=color_trc={transfer}")
    source = clip(tmp_path / "a.mkv", seconds=0.08, encode=("-c:v", "ffv1"), extra=filters)
    output = planned_from(source, codec="h264", color="tonemap")
    assert probe(made(output, tmp_path / "work"), "made").picture.colour.transfer == "bt709"
