"""Outputs that share a source are decoded once, and nobody can tell it from their streams."""

import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from runner import canonical
from runner.errors import JobspecError
from runner.execution.auxiliary import place
from runner.media.facts import Facts
from runner.media.probe import probe
from runner.media.releases import DECLARED
from runner.media.source import probe_source
from runner.plan import recipes
from runner.plan.arguments import Binding, TextFile, bind
from runner.plan.build import Request, build
from runner.plan.compose import compose
from runner.plan.document import lines
from runner.plan.model import Output, Plan
from runner.plan.share import MOST, apart, as_in, groups, tasks
from runner.plan.trust import trusted
from runner.spec.location import Mounts
from tests.clips import FFMPEG, clip, ffmpeg, streamhash
from tests.cubes import cube, swapped
from tests.plan.drawing import graded_from, pixels
from tests.plan.planning import facts, hdr, made, planned, planned_from, running, spec, tracks


def shared(*outputs: Output) -> list[tuple[int, ...]]:
    """Return the outputs of each task, by their numbers."""
    return [task.outputs for task in tasks(outputs)]


def renditions(count: int) -> list[Output]:
    return [planned(facts(), job_id=f"job{number}", output_directory=f"proxies:{number}") for number in range(count)]


# Which outputs share.


def test_outputs_of_one_source_share_a_task_in_the_plans_order() -> None:
    lt, other = planned(facts(), codec="prores_lt"), planned(facts(content="11"), sources=["media:b.mov"])
    h264 = planned(facts(), codec="h264", container="mp4", resolution="half")
    assert shared(lt, other, h264) == [(0, 2), (1,)]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(planned(facts(), sources=["media:b.mov"]), id="a copy elsewhere"),
        pytest.param(planned(facts(content="11")), id="other content under the same name"),
        pytest.param(planned(facts(), "7.0"), id="another FFmpeg"),
        pytest.param(replace(planned(facts()), tolerates=("co located",)), id="other complaints are let through"),
        pytest.param(planned(facts(codec="tiff")), id="read in another way"),
    ],
)
def test_what_is_not_read_alike_is_not_shared(other: Output) -> None:
    assert shared(planned(facts()), other) == [(0,), (1,)]


@pytest.mark.parametrize(
    ("form", "tasks"),
    [
        ("mov,mp4,m4a,3gp,3g2,mj2", [(0, 1, 2, 3)]),
        ("matroska,webm", [(0, 1, 2, 3)]),
        ("mxf", [(0, 1, 2, 3)]),
        ("mpegts", [(0, 2), (1, 3)]),
        ("mpeg", [(0, 2), (1, 3)]),
    ],
)
def test_outputs_with_sound_and_outputs_without_are_parted_where_the_clock_hangs_on_it(
    form: str, tasks: list[tuple[int, ...]]
) -> None:
    known = replace(facts(sound=tracks(1, 2)), format=form)
    heard, mixed, silent = (planned(known, **each) for each in ({}, {"audio": {"channels": 1}}, {"audio": "none"}))
    assert shared(heard, silent, mixed, silent) == tasks
    mute = replace(facts(), format=form)
    assert shared(planned(mute), planned(mute, audio="none")) == [(0, 1)]


@pytest.mark.parametrize(
    ("known", "rate"),
    [
        pytest.param(facts(rate=Fraction(24)), "25", id="a few more frames"),
        pytest.param(facts(), "50", id="twice as many"),
        pytest.param(facts(), "24", id="fewer, or more of a picture that comes in late"),
        pytest.param(facts(constant=False, seconds=Fraction(4)), "25", id="a variable rate"),
    ],
)
def test_a_resampled_picture_is_made_alone_and_the_others_together(known: Facts, rate: str) -> None:
    resampled = planned(known, codec="h264", fps_explicit=rate)
    assert shared(resampled, resampled, resampled) == [(0,), (1,), (2,)]
    if known.picture.constant:
        kept = planned(known)
        conformed = planned(known, fps_explicit=rate, conform=True)
        assert shared(resampled, kept, resampled, conformed) == [(0,), (1, 3), (2,)]


@pytest.mark.parametrize(
    ("offset", "together"),
    [("0.5", [(0, 1, 2, 3)]), ("0", [(0, 1, 2, 3)]), ("-0.04", [(0,), (1, 2, 3)]), ("-3", [(0,), (1, 2, 3)])],
)
def test_mxf_with_sound_that_begins_after_its_picture_is_made_alone(
    offset: str, together: list[tuple[int, ...]]
) -> None:
    known = replace(facts(sound=tracks(1), seconds=Fraction(3)), offset=Fraction(offset))
    mov, mxf, mute = planned(known), planned(known, container="mxf"), planned(known, container="mxf", audio="none")
    assert shared(mxf, mov, mute, mov) == together


@pytest.mark.parametrize("late", ["0.4", "1.2"], ids=["within the picture", "once it is over"])
def test_what_is_grouped_of_late_sound_does_not_hang(tmp_path: Path, late: str) -> None:
    source = tmp_path / "a.mov"
    inputs = ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=1", "-itsoffset", late, "-f", "lavfi", "-i", "sine=d=1")
    ffmpeg(*inputs, "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", f"file:{source}")
    outputs = [planned_from(source, **change) for change in (H264, DNXHR, PRORES, {**DNXHR, "audio": "none"})]
    assert shared(*outputs) == [(0, 2, 3), (1,)]  # all in one waited for ever
    for number, group in enumerate(shared(*outputs)):
        made_together([outputs[each] for each in group], tmp_path / str(number), Mounts())


def test_files_of_one_name_in_the_work_folder_must_be_one_file() -> None:
    plain, day, night = (
        replace(planned(facts()), auxiliary=texts)
        for texts in ((), (TextFile(name="burn0.txt", text="day"),), (TextFile(name="burn0.txt", text="night"),))
    )
    assert shared(day, plain, night, day, night) == [(0, 1, 3), (2, 4)]


def test_a_task_has_no_more_outputs_than_save_anything() -> None:
    assert [len(each) for each in shared(*renditions(2 * MOST + 1))] == [MOST, MOST, 1]


@pytest.mark.parametrize(
    ("width", "height", "resolution", "sizes"),
    [
        pytest.param(3840, 2160, "same", [4, 4], id="UHD"),
        pytest.param(3840, 2160, "half", [7, 1], id="HD of UHD, which is decoded once"),
        pytest.param(7680, 4320, "same", [1] * 8, id="8K"),
        pytest.param(7680, 4320, "quarter", [3, 3, 2], id="HD of 8K"),
    ],
)
def test_a_task_has_no_more_outputs_than_a_machine_may_be_expected_to_hold(
    width: int, height: int, resolution: str, sizes: list[int]
) -> None:
    known = facts(width=width, height=height)
    outputs = [planned(known, job_id=f"job{number}", resolution=resolution) for number in range(MOST)]
    assert [len(each) for each in shared(*outputs)] == sizes


def test_every_output_is_in_one_task() -> None:
    outputs = [*renditions(3), planned(facts(content="11")), *renditions(MOST)]
    assert sorted(number for task in tasks(outputs) for number in task.outputs) == list(range(len(outputs)))


# A plan, shared or not.


def both(first: dict[str, Any], second: dict[str, Any]) -> Plan:
    """Return the plan of two specs that name the same source."""
    specs = (spec(**first), spec(job_id="other", output_directory="proxies:other", **second))
    requests = [Request(spec=each, facts=(facts(sound=tracks(1)),)) for each in specs]
    return build(requests, toolchain=DECLARED, number=recipes.DECLARED)


def test_keys_outputs_and_inputs_are_the_same_bytes_shared_or_not() -> None:
    plan = both({}, {"codec": "h264"})
    assert [task.outputs for task in plan.tasks] == [(0, 1)]
    assert [task.outputs for task in apart(plan).tasks] == [(0,), (1,)]
    before, after = list(lines(plan)), list(lines(apart(plan)))
    assert before[:5] == after[:5]
    assert (len(before), len(after)) == (6, 7)


def test_an_output_is_planned_with_the_same_bytes_whoever_shares_its_source() -> None:
    alone = build([Request(spec=spec(), facts=(facts(sound=tracks(1)),))], toolchain=DECLARED, number=recipes.DECLARED)
    plan = both({}, {"codec": "h264"})
    assert canonical.encode(plan.outputs[0]) == canonical.encode(alone.outputs[0])


def grouped(plan: Plan, *outputs: tuple[int, ...]) -> Plan:
    """Return the plan with tasks of these outputs."""
    return replace(plan, tasks=tuple(replace(plan.tasks[0], outputs=each) for each in outputs))


def three() -> Plan:
    requests = [
        Request(spec=spec(job_id=name, output_directory=f"proxies:{name}"), facts=(facts(),))
        for name in ("a", "b", "c")
    ]
    return build(requests, toolchain=DECLARED, number=recipes.DECLARED)


@pytest.mark.parametrize(
    "outputs", [((0, 1, 2),), ((0,), (1,), (2,)), ((0, 2), (1,)), ((0,), (1, 2))], ids=["all", "none", "first", "last"]
)
def test_a_saved_plan_may_share_less(outputs: tuple[tuple[int, ...], ...]) -> None:
    saved = grouped(three(), *outputs)
    assert as_in(saved, three()) == saved
    assert trusted(lines(saved)) == saved


@pytest.mark.parametrize(
    "outputs",
    [
        pytest.param(((0, 1),), id="one is left out"),
        pytest.param(((0, 1, 2), (2,)), id="one twice"),
        pytest.param(((1, 0), (2,)), id="turned"),
        pytest.param(((1, 2), (0,)), id="last first"),
        pytest.param(((0, 1, 2), ()), id="an empty one"),
        pytest.param(((0, 1, 3),), id="one that is not there"),
        pytest.param((), id="none"),
    ],
)
def test_tasks_that_are_no_parts_of_the_plans_are_not_believed(outputs: tuple[tuple[int, ...], ...]) -> None:
    saved = grouped(three(), *outputs)
    assert as_in(saved, three()) == three()
    with pytest.raises(JobspecError, match="JS121"):
        trusted(lines(saved))


def test_a_saved_plan_shares_nothing_that_may_not_be_shared() -> None:
    plan = both({}, {"codec": "h264"})
    lonely = apart(plan)
    assert as_in(plan, lonely) == lonely
    elsewhere = replace(lonely, tasks=tuple(replace(task, source="media:b.mov") for task in lonely.tasks))
    assert as_in(elsewhere, plan) == plan


def test_only_outputs_that_are_wanted_are_in_a_group() -> None:
    plan = both({}, {"codec": "h264"})
    first, second = plan.outputs
    assert list(groups(plan, {first.location, second.location})) == [(first, second)]
    assert list(groups(plan, {second.location})) == [(second,)]
    assert list(groups(plan, set())) == []


# The same streams, by a hash of every packet of picture and sound.


def made_together(outputs: Sequence[Output], folder: Path, mounts: Mounts) -> list[Path]:
    """Make outputs by one FFmpeg; anything that it says is a failure."""
    works = tuple(folder / str(number) for number in range(len(outputs)))
    for work in works:
        work.mkdir(parents=True)
    place({each.name: each for output in outputs for each in output.auxiliary}.values(), works[0], mounts)
    done = running(bind(compose(outputs), Binding(Mounts(), Path(FFMPEG), works, 2)), works[0])
    assert (done.returncode, done.stderr) == (0, b"")
    return [work / output.work_name for work, output in zip(works, outputs, strict=True)]


def same_streams(outputs: Sequence[Output], folder: Path, mounts: Mounts | None = None) -> list[Path]:
    """Hold what one FFmpeg makes against what each output's own makes; return the files of the one."""
    mounts = mounts or Mounts()
    assert shared(*outputs) == [tuple(range(len(outputs)))]
    together = made_together(outputs, folder / "together", mounts)
    for number, (output, path) in enumerate(zip(outputs, together, strict=True)):
        (folder / f"alone{number}").mkdir()
        place(output.auxiliary, folder / f"alone{number}", mounts)
        alone = made(output, folder / f"alone{number}")
        assert streamhash(path) == streamhash(alone)
        assert len(streamhash(path)) == 1 + len(output.intent.sound)
    return together


PRORES = {"codec": "prores_proxy", "container": "mov"}
H264 = {"codec": "h264", "container": "mp4", "resolution": "half"}
DNXHR = {"codec": "dnxhr_lb", "container": "mxf"}
SOURCES = {
    "H.264": ("a.mp4", ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p")),
    "HEVC 10 bit": ("a.mov", ("-c:v", "libx265", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p10le")),
    "ProRes": ("a.mov", ("-c:v", "prores_ks", "-profile:v", "3", "-pix_fmt", "yuv422p10le")),
    "MPEG-2 in MXF": ("a.mxf", ("-c:v", "mpeg2video", "-pix_fmt", "yuv422p", "-q:v", "2")),
}


@pytest.mark.parametrize(("name", "encode"), SOURCES.values(), ids=SOURCES)
def test_three_outputs_of_one_decoding_have_the_streams_of_three_decodings(
    name: str, encode: tuple[str, ...], tmp_path: Path
) -> None:
    sound = ("-c:a", "aac") if name.endswith("mp4") else ("-c:a", "pcm_s16le", "-ar", "48000")
    source = clip(tmp_path / name, size="640x360", encode=encode, tracks=(1, 1), sound=sound)
    same_streams([planned_from(source, **changes) for changes in (PRORES, H264, DNXHR)], tmp_path)


def test_rates_sizes_and_sound_of_their_own_are_nobody_elses(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", size="640x360", seconds=1, tracks=(2,))
    outputs = [
        planned_from(source, **PRORES),
        planned_from(source, **H264),
        planned_from(source, **PRORES, fps_explicit="24", conform=True),
        planned_from(source, **DNXHR, audio={"channels": 1}),
    ]
    same_streams(outputs, tmp_path)


@pytest.mark.parametrize("container", ["mov", "mkv", "mxf"])
@pytest.mark.parametrize(("picture", "sound"), [("0.4", "0"), ("0", "0.4")], ids=["after its sound", "before it"])
def test_a_picture_without_sound_comes_in_when_it_does_alone(
    tmp_path: Path, container: str, picture: str, sound: str
) -> None:
    source = tmp_path / f"a.{container}"
    inputs = ("-itsoffset", picture, "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=1")
    inputs += ("-itsoffset", sound, "-f", "lavfi", "-i", "sine=d=1.5:sample_rate=48000")
    ffmpeg(*inputs, "-c:v", "mpeg2video", "-q:v", "2", "-bf", "2", "-c:a", "pcm_s16le", f"file:{source}")
    mkv = {**PRORES, "container": "mkv"}  # which keeps the time at which a lone picture comes in
    heard, silent = planned_from(source, **mkv), planned_from(source, **mkv, audio="none")
    together = same_streams([heard, silent], tmp_path)
    assert [times(path) for path in together] == [times(path) for path in sorted(tmp_path.glob("alone*/*.mkv"))]


def times(path: Path) -> list[bytes]:
    """Return when each picture is shown, by the file's own clock."""
    command = (FFMPEG, "-v", "error", "-copyts", "-i", f"file:{path}", "-map", "0:v", "-c", "copy", "-f", "framecrc")
    done = subprocess.run([*command, "-"], capture_output=True, check=True).stdout
    found = [line for line in done.splitlines() if not line.startswith(b"#")]
    assert len(found) >= 25  # MXF has no gap before its picture, and FFmpeg fills it
    return found


def test_a_tone_mapped_and_an_untouched_picture_come_from_one_decoding(tmp_path: Path) -> None:
    tags = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    encode = ("-vf", tags, "-c:v", "prores_ks", "-profile:v", "3", "-pix_fmt", "yuv422p10le")
    source = clip(tmp_path / "a.mov", encode=encode)
    assert probe(source, "a").picture.colour.transfer == hdr("smpte2084").transfer
    outputs = [planned_from(source, **PRORES), planned_from(source, codec="h264", container="mov", color="tonemap")]
    same_streams(outputs, tmp_path)


def test_fields_kept_and_fields_made_frames_come_from_one_decoding(tmp_path: Path) -> None:
    fields = ("-vf", "setfield=tff", "-flags", "+ildct")
    encode = (*fields, "-c:v", "prores_ks", "-profile:v", "2", "-pix_fmt", "yuv422p10le")
    source = clip(tmp_path / "a.mov", size="720x576", encode=encode)
    assert probe(source, "a").picture.scan == "tff"
    same_streams([planned_from(source, **PRORES), planned_from(source, **H264)], tmp_path)


def test_burn_ins_are_in_the_picture_of_their_output_alone(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", size="640x360", extra=("-timecode", "01:00:00:00"))
    overlay = [{"show": "source_name"}, {"show": "timecode"}]
    same_streams([planned_from(source, **PRORES), planned_from(source, **H264, overlay=overlay)], tmp_path)


def test_a_table_grades_the_picture_of_its_output_alone(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", size="640x360")
    for name, change in (("swapped", swapped), ("dark", lambda red, green, blue: (red / 2, green / 2, blue / 2))):
        (tmp_path / f"{name}.cube").write_text(cube(change))
    outputs = [
        planned_from(source, **PRORES),
        graded_from(source, tmp_path, **PRORES, lut="swapped.cube"),
        graded_from(source, tmp_path, **H264, lut="swapped.cube", overlay=[{"show": "source_name"}]),
        planned_from(source, **H264),
    ]
    plain, graded, *_ = same_streams(outputs, tmp_path, Mounts({"repo": tmp_path}))
    assert pixels(plain, "rgb24") != pixels(graded, "rgb24")
    dark = graded_from(source, tmp_path, **PRORES, lut="dark.cube")
    assert shared(*outputs, dark) == [(0, 1, 2, 3), (4,)]  # FFmpeg finds one table under one name


def test_an_image_sequence_is_decoded_once(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x180:d=0.4", "-start_number", "1001", f"file:{tmp_path}/a.%04d.png")
    pattern = str(tmp_path / "a.####.png")
    sources = [{"path": pattern, "rate": "24"}]
    known = probe_source(Path(pattern), pattern, sequence=True)
    same_streams([planned(known, sources=sources, **each) for each in (PRORES, H264)], tmp_path)
