"""Sound against picture, where a container cannot say that one begins or ends before the other."""

from fractions import Fraction
from pathlib import Path

import pytest

from runner.errors import JobspecError
from runner.media.probe import probe
from tests.clips import FFMPEG, PICTURE, decoded_frames, ffmpeg
from tests.conftest import Repository
from tests.plan.planning import made, planned_from


def source(path: Path, *, sound: float, late: float = 0, suffix: str = ".mov") -> Path:
    """Make half a second of picture that begins `late` seconds after `sound` seconds of sound."""
    clip = path / f"clip{suffix}"
    picture = PICTURE.format(size="320x180", rate="25", seconds=0.8)
    shifted = ("-itsoffset", str(late), "-f", "lavfi", "-i", picture)
    tone = ("-f", "lavfi", "-i", f"sine=f=400:r=48000:d={sound}")
    encode = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le")
    ffmpeg(*shifted, *tone, "-map", "0:v", "-map", "1:a", *encode, f"file:{clip}")
    return clip


def test_mxf_keeps_every_frame_of_a_picture_that_is_longer_than_its_sound(tmp_path: Path) -> None:
    output = planned_from(source(tmp_path, sound=0.3), codec="dnxhr_lb", container="mxf")
    assert decoded_frames(made(output, tmp_path / "work")) == output.expects.frames == 20


def test_sound_that_mxf_cuts_off_after_the_picture_is_named_in_the_plan(tmp_path: Path) -> None:
    output = planned_from(source(tmp_path, sound=2), codec="dnxhr_lb", container="mxf")
    assert "1.20 s of sound after the picture are cut, for mxf ends with it" in output.losses
    file = probe(made(output, tmp_path / "work"), "made")
    assert [track.seconds for track in file.sound] == [Fraction(4, 5)]


def test_frames_made_for_a_rate_of_their_own_begin_with_the_sound_which_mxf_cannot_say(tmp_path: Path) -> None:
    clip = source(tmp_path, sound=0.8, late=0.4, suffix=".mkv")
    with pytest.raises(JobspecError) as refused:
        planned_from(clip, codec="dnxhr_lb", container="mxf", fps_explicit="24")
    assert [each.code for each in refused.value.problems] == ["JS077"]
    assert "0.400 s after the sound" in refused.value.problems[0].message


def test_a_track_that_came_out_short_does_not_pass_the_gate(repository: Repository) -> None:
    source(repository.media, sound=0.8).rename(repository.media / "a.mov")
    repository.spec()
    real = repository.top / "ffmpeg"

    real.write_text(
        '#!/bin/sh\ncase "$*" in\n*"-c:a pcm_s24le"*) first=1; for a; do [ "$first" ] && set --; first=; '
        f'[ "$a" = -c:a ] && set -- "$@" -af atrim=0:0.1; set -- "$@" "$a"; done;;\nesac\nexec {FFMPEG} "$@"\n'
    )
    real.chmod(0o755)
    done = repository.jobspec("run", "--ffmpeg", str(real))
    assert done.returncode == 4
    assert "audio track 0 lasts 0.100 s, 0.800 s were planned" in done.stderr
    assert repository.outputs() == []
