"""What an editor gets of time and names: count, rate, start timecode, reel; made by the command, judged by ffprobe."""

from pathlib import Path

import pytest

from tests.acceptance.looks import ffprobe, frames, tag, timecodes, video
from tests.acceptance.test_picture import plan, refusal, run
from tests.clips import clip, ffmpeg
from tests.conftest import Repository

PRORES = ("-c:v", "prores_ks", "-profile:v", "0", "-pix_fmt", "yuv422p10le")
FILM = "24000/1001"
NTSC, NTSC60 = "30000/1001", "60000/1001"


def test_a_23_976_prores_clip_attaches_at_half(repository: Repository) -> None:
    tags = ("-timecode", "14:02:11:07", "-metadata:s:v:0", "reel_name=A001C001")
    source = repository.clip(rate=FILM, seconds=1, encode=PRORES, extra=tags)
    file = run(repository, resolution="half")
    assert frames(file) == frames(source) == 24
    assert video(file)["avg_frame_rate"] == FILM
    assert timecodes(file) == timecodes(source) == {"14:02:11:07"}
    assert tag(file, "reel_name") == tag(source, "reel_name") == {"A001C001"}
    assert file.stem == source.stem


@pytest.mark.parametrize("container", ["mov", "mxf"])
def test_drop_frame_stays_drop_frame_at_29_97(container: str, repository: Repository) -> None:
    repository.clip(rate=NTSC, seconds=0.4, encode=PRORES, extra=("-timecode", "01:09:59;28"))
    assert timecodes(run(repository, codec="dnxhr_lb", container=container)) == {"01:09:59;28"}


def test_frame_45_of_59_94_drop_frame_arrives_in_mxf(repository: Repository) -> None:
    repository.clip(rate=NTSC60, seconds=0.2, encode=PRORES, extra=("-timecode", "01:00:10;45"))
    file = run(repository, codec="dnxhr_lb", container="mxf")
    assert timecodes(file) == {"01:00:10;45"}
    assert (video(file)["avg_frame_rate"], frames(file)) == (NTSC60, 12)


def test_a_drop_frame_code_on_25_frames_is_refused_with_what_to_do(repository: Repository) -> None:
    source = clip(repository.top / "plain.mkv", seconds=0.2)
    tagged = ("-metadata", "timecode=01:00:00;12", "-f", "matroska")
    ffmpeg("-i", f"file:{source}", "-c", "copy", *tagged, f"file:{repository.media / 'a.mov'}")
    told = refusal(repository)
    assert '"01:00:00;12" does not exist at 25' in told
    assert "drop-frame counting exists at multiples of 29.97 only" in told and "timecode: none" in told


def test_a_clip_without_timecode_says_in_the_plan_what_mxf_will_write(repository: Repository) -> None:
    repository.clip()
    told = plan(repository, codec="dnxhr_lb", container="mxf")
    assert "the source has no timecode; mxf always has one, 00:00:00:00 is written" in told
    assert timecodes(run(repository, codec="dnxhr_lb", container="mxf")) == {"00:00:00:00"}


@pytest.mark.parametrize(("codec", "container"), [("prores_proxy", "mov"), ("prores_proxy", "mkv"), ("h264", "mp4")])
def test_a_mkv_whose_tags_disagree_gives_one_code_and_a_note(
    codec: str, container: str, repository: Repository
) -> None:
    source = clip(repository.top / "plain.mkv", seconds=0.2, tracks=(1,))
    tags = ("-metadata", "timecode=02:00:00:00", "-metadata:s:v:0", "timecode=01:00:00:05", "-f", "matroska")
    ffmpeg("-i", f"file:{source}", "-c", "copy", *tags, f"file:{repository.media / 'a.mov'}")
    told = plan(repository, codec=codec, container=container)
    assert "more than one timecode; 01:00:00:05 is taken, 02:00:00:00 is not" in told
    assert timecodes(run(repository, codec=codec, container=container)) == {"01:00:00:05"}


def test_no_track_of_an_mkv_keeps_the_code_of_an_mxf_whose_rate_is_changed(repository: Repository) -> None:
    mxf = ("-timecode", "01:00:00;10", "-metadata", "reel_name=R1", "-f", "mxf")
    encode = ("-c:v", "mpeg2video", "-q:v", "3", "-pix_fmt", "yuv422p")
    repository.clip(rate=NTSC, tracks=(1,), encode=encode, extra=mxf)
    more = "fps_explicit: 25\n"
    spec = repository.spec(sources=("media:a.mov",), container="mkv", more=more)
    spec.write_text(spec.read_text().replace("same-as-source", "explicit"))
    assert repository.jobspec("run", str(spec)).returncode == 0
    assert timecodes(repository.proxies / "out/a.mkv") == {"01:00:00:08"}


def test_a_bwf_time_reference_is_the_start_of_a_clip_without_timecode(repository: Repository) -> None:
    reference = ("-metadata:s:a:0", f"time_reference={48000 * 3600 * 10 + 48000 // 25 * 7}", "-f", "matroska")
    repository.clip(tracks=(1,), extra=reference)
    assert timecodes(run(repository)) == {"10:00:00:07"}


def several(repository: Repository, sources: str, **fields: str) -> Path:
    file = repository.spec(**fields)
    file.write_text(file.read_text().replace("  - media:a.mov\n", sources))
    return file


def test_a_code_said_for_one_clip_stands_in_its_output_and_in_no_other(repository: Repository) -> None:
    for name in ("a.mov", "b.mov", "c.mov"):
        repository.clip(name, seconds=0.2, extra=("-timecode", "09:00:00:00"))
    sources = (
        '  - {path: media:a.mov, timecode: "14:02:11:00"}\n  - {path: media:b.mov, timecode: none}\n  - media:c.mov\n'
    )
    done = repository.jobspec("run", str(several(repository, sources)))
    assert done.returncode == 0, done.stderr
    found = {name: timecodes(repository.proxies / "out" / name) for name in ("a.mov", "b.mov", "c.mov")}
    assert found == {"a.mov": {"14:02:11:00"}, "b.mov": set(), "c.mov": {"09:00:00:00"}}


def test_a_spec_wide_code_for_two_clips_is_refused_and_for_one_it_is_taken(repository: Repository) -> None:
    repository.clip("a.mov", seconds=0.2)
    repository.clip("b.mov", seconds=0.2)
    code = 'timecode: "10:00:00:00"\n'
    done = repository.jobspec("check", str(several(repository, "  - media:a.mov\n  - media:b.mov\n", more=code)))
    assert (done.returncode, "would stamp every source alike" in done.stdout + done.stderr) == (1, True)
    done = repository.jobspec("run", str(several(repository, "  - media:a.mov\n", more=code)))
    assert timecodes(repository.proxies / "out/a.mov") == {"10:00:00:00"}, done.stderr


def variable(path: Path) -> None:
    """Make a phone-like clip: 30 frames a second of which some are missing, with a tone that goes on."""
    dropped = "select='not(eq(n\\,7)+eq(n\\,8)+eq(n\\,31)+eq(n\\,50))'"
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=2", "-f", "lavfi", "-i", "sine=d=2:r=48000"),
        *("-vf", dropped, "-fps_mode", "passthrough", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"),
        f"file:{path}",
    )


def test_a_variable_rate_becomes_constant_and_ends_with_its_sound(repository: Repository) -> None:
    variable(repository.media / "a.mov")
    assert frames(repository.media / "a.mov") == 56
    assert "variable frame rate becomes constant 30" in plan(repository)
    file = run(repository)
    stream = video(file)
    assert stream["avg_frame_rate"] == stream["r_frame_rate"] == "30/1"
    ends = [float(each["duration"]) for each in ffprobe(file)["streams"]]
    assert abs(ends[0] - ends[1]) <= 1 / 30
    assert int(stream["nb_read_frames"]) == 60


def explicit(repository: Repository, rate: str, more: str = "", **fields: str) -> Path:
    file = repository.spec(more=f"fps_explicit: {rate}\n{more}", **fields)
    file.write_text(file.read_text().replace("same-as-source", "explicit"))
    return file


def test_conforming_keeps_every_frame_and_runs_the_sound_with_it(repository: Repository) -> None:
    repository.clip(seconds=2, tracks=(2,), extra=("-timecode", "10:00:00:07"))
    done = repository.jobspec("run", str(explicit(repository, "23.976", "conform: true\n")))
    assert done.returncode == 0, done.stderr
    file = repository.proxies / "out/a.mov"
    stream = video(file)
    assert (stream["nb_read_frames"], stream["avg_frame_rate"]) == ("50", FILM)
    assert timecodes(file) == {"10:00:00:07"}
    ends = [float(each["duration"]) for each in ffprobe(file)["streams"][:2]]
    assert abs(ends[0] - 50 * 1001 / 24000) < 0.001
    assert abs(ends[0] - ends[1]) <= 1 / 24


def test_an_explicit_rate_resamples_to_the_planned_count(repository: Repository) -> None:
    repository.clip(seconds=2)
    assert repository.jobspec("run", str(explicit(repository, "23.976"))).returncode == 0
    assert frames(repository.proxies / "out/a.mov") == 48


def sequence(repository: Repository, name: str = "plate.%04d.png") -> None:
    (repository.media / "plates").mkdir()
    drawn = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=24:d=0.5", "-start_number", "1")
    ffmpeg(*drawn, f"file:{repository.media / 'plates' / name}")


def test_a_sequence_becomes_one_clip_with_the_rate_that_its_spec_states(repository: Repository) -> None:
    sequence(repository)
    entry = '  - {sequence: "media:plates/plate.####.png", rate: 23.976, timecode: "01:00:00:00"}\n'
    done = repository.jobspec("run", str(several(repository, entry)))
    assert done.returncode == 0, done.stdout + done.stderr
    file = repository.proxies / "out/plate.mov"
    stream = video(file)
    assert (stream["nb_read_frames"], stream["avg_frame_rate"], stream["color_space"]) == ("12", FILM, "bt709")
    assert timecodes(file) == {"01:00:00:00"}


def test_a_sequence_that_lacks_a_frame_is_refused_by_its_number(repository: Repository) -> None:
    sequence(repository)
    (repository.media / "plates/plate.0006.png").unlink()
    entry = '  - {sequence: "media:plates/plate.####.png", rate: 24}\n'
    done = repository.jobspec("run", str(several(repository, entry)))
    assert (done.returncode, repository.outputs()) == (1, [])
    assert "lacks 1 of its frames: 6;" in done.stderr


def test_exr_without_a_stated_transfer_is_refused_and_with_linear_it_gets_a_curve(repository: Repository) -> None:
    sequence(repository, "plate.%04d.exr")
    entry = '  - {sequence: "media:plates/plate.####.exr", rate: 24%s}\n'
    done = repository.jobspec("run", str(several(repository, entry % "")))
    assert (done.returncode, "transfer: linear" in done.stderr) == (1, True)
    done = repository.jobspec("run", str(several(repository, entry % ", transfer: linear")))
    assert done.returncode == 0, done.stderr
    assert video(repository.proxies / "out/plate.mov")["color_transfer"] == "bt709"


def test_a_locked_sequence_is_planned_without_media_and_drifts_when_a_frame_changes(repository: Repository) -> None:
    sequence(repository)
    spec = several(repository, '  - {sequence: "media:plates/plate.####.png", rate: 24}\n')
    assert repository.jobspec("lock", str(spec)).returncode == 0
    assert repository.jobspec("plan", "--locked", str(spec), env={"JOBSPEC_ROOT_MEDIA": "/nowhere"}).returncode == 0
    frame = repository.media / "plates/plate.0003.png"
    frame.write_bytes((repository.media / "plates/plate.0004.png").read_bytes())
    done = repository.jobspec("lock", "--check", str(spec))
    assert (done.returncode, "plate.####.png" in done.stdout + done.stderr) == (3, True)
