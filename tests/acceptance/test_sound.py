"""Sound as an editor finds it in the proxy: encoded for real, looked at by another ffprobe, listened to by tone."""

from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from runner.media.probe import probe
from runner.spec.audio import HOLDS
from tests.acceptance.looks import begins, samples, streams
from tests.acceptance.sounding import MPEG2, TONES, flash, flashing, heard, toned, tones
from tests.clips import ffmpeg
from tests.plan.planning import made, planned, planned_from, refused

PICTURE = {"mov": "prores_proxy", "mp4": "h264", "mkv": "h264", "webm": "vp9", "mxf": "dnxhr_lb"}


def proxy(source: Path, container: str, **changes: Any) -> Path:
    """Make the proxy of a clip in a folder of its own."""
    output = planned_from(source, codec=PICTURE[container], container=container, **changes)
    folder = next(each for number in count() if not (each := source.parent / f"work{number}").exists())
    return made(output, folder)


def losses(source: Path, container: str, **changes: Any) -> tuple[str, ...]:
    """Return the losses that the plan of a clip names, but for MXF's invented timecode."""
    told = planned_from(source, codec=PICTURE[container], container=container, **changes).losses
    return tuple(loss for loss in told if "timecode" not in loss)


@pytest.mark.parametrize("container", ["mov", "mxf"])
def test_sixteen_mono_tracks_stay_sixteen_in_their_order(container: str, tmp_path: Path) -> None:
    source = toned(tmp_path / "a.mov", *[(1, "mono")] * 16)
    file = proxy(source, container)
    assert [track["channels"] for track in streams(file)] == [1] * 16
    assert heard(file) == [[each] for each in TONES]


@pytest.mark.parametrize("layout", [None, "hexadecagonal"])
@pytest.mark.parametrize("container", ["mov", "mkv", "mxf"])
def test_one_stream_of_sixteen_channels_stays_one_in_its_order(
    container: str, layout: str | None, tmp_path: Path
) -> None:
    file = proxy(toned(tmp_path / "a.mov", (16, layout)), container)
    assert [track["channels"] for track in streams(file)] == [16]
    assert heard(file) == [TONES]


@pytest.mark.parametrize("container", ["mp4", "webm"])
def test_sixteen_channels_in_one_stream_are_refused_where_no_codec_has_them_with_the_way_out(
    container: str, tmp_path: Path
) -> None:
    known = probe(toned(tmp_path / "a.mov", (16, None)), "a")
    (found,) = refused(known, codec=PICTURE[container], container=container)
    assert found.code == "JS072"
    assert "as PCM, audio: none leaves it out" in found.message


SURROUND = [(layout, container) for layout in ("5.1", "7.1") for container in ("mov", "mp4", "webm", "mkv", "mxf")]


@pytest.mark.parametrize(("layout", "container"), [*SURROUND, ("5.1(side)", "webm"), ("5.1(side)", "mp4")])
def test_surround_keeps_every_channel_in_its_place(layout: str, container: str, tmp_path: Path) -> None:
    channels = 8 if layout == "7.1" else 6
    source = toned(tmp_path / "a.mov", (channels, layout))
    file = proxy(source, container)
    assert heard(file) == [tones(channels, layout)]
    told = {"mkv": None, "mxf": None}.get(container, layout.removesuffix("(side)"))
    assert streams(file)[0].get("channel_layout") == told


def test_surround_at_the_side_in_mov_stays_at_the_side(tmp_path: Path) -> None:
    file = proxy(toned(tmp_path / "a.mov", (6, "5.1(side)")), "mov")
    assert streams(file)[0]["channel_layout"] == "5.1(side)"


@pytest.mark.parametrize("container", ["mkv", "mxf"])
def test_a_container_that_cannot_say_a_layout_is_named(container: str, tmp_path: Path) -> None:
    source = toned(tmp_path / "a.mov", (6, "5.1"))
    assert losses(source, container) == (f"the layout 5.1 is not told by {container}; its channels stay in order",)


@pytest.mark.parametrize("channels", [3, 6, 8])
def test_channels_without_a_layout_get_none_in_mov(channels: int, tmp_path: Path) -> None:
    """FFmpeg alone guesses 2.1, 5.1, 7.1, and an editor finds a microphone on the subwoofer."""
    file = proxy(toned(tmp_path / "a.mov", (channels, None)), "mov")
    assert "channel_layout" not in streams(file)[0]
    assert heard(file) == [tones(channels)]


@pytest.mark.parametrize("container", ["mp4", "webm"])
@pytest.mark.parametrize("channels", [6, 7, 8])
def test_channels_without_a_layout_are_not_sent_through_a_codec_that_silences_the_fourth(
    channels: int, container: str, tmp_path: Path
) -> None:
    known = probe(toned(tmp_path / "a.mov", (channels, None)), "a")
    (found,) = refused(known, codec=PICTURE[container], container=container)
    assert found.code == "JS142"
    assert "spoil one as an LFE" in found.message


@pytest.mark.parametrize(
    ("channels", "container", "called"), [(3, "mp4", "3.0"), (4, "mp4", "4.0"), (5, "mp4", "5.0"), (4, "webm", "quad")]
)
def test_few_channels_without_a_layout_get_one_without_an_lfe_and_the_plan_says_so(
    channels: int, container: str, called: str, tmp_path: Path
) -> None:
    source = toned(tmp_path / "a.mov", (channels, None))
    file = proxy(source, container)
    assert heard(file) == [tones(channels)]
    assert streams(file)[0]["channel_layout"] == called
    assert f"{channels} channels without a layout are called {called}" in losses(source, container)[0]


@pytest.mark.parametrize(("layout", "channels"), [("5.0", 5), ("6.1", 7), ("4.0", 4), ("3.1", 4)])
def test_layouts_that_opus_refuses_or_mixes_up_are_refused_in_the_plan(
    layout: str, channels: int, tmp_path: Path
) -> None:
    known = probe(toned(tmp_path / "a.mov", (channels, layout)), "a")
    (found,) = refused(known, codec="vp9", container="webm")
    assert found.code == "JS142"
    assert "mkv carries it as PCM, audio: {channels: 2} mixes it, audio: none leaves it out" in found.message


def test_the_mix_that_a_refusal_offers_is_one(tmp_path: Path) -> None:
    source = toned(tmp_path / "a.mov", (5, "5.0"))
    file = proxy(source, "webm", audio={"channels": 2})
    assert [track["channels"] for track in streams(file)] == [2]
    assert losses(source, "webm", audio={"channels": 2}) == ("5.0 sound is mixed to 2 channels",)


@pytest.mark.parametrize(("channels", "layout", "becomes"), [(6, "5.1", 2), (6, "5.1", 1), (2, "stereo", 1)])
def test_a_mix_has_the_channels_that_were_asked_for(channels: int, layout: str, becomes: int, tmp_path: Path) -> None:
    file = proxy(toned(tmp_path / "a.mov", (channels, layout)), "mov", audio={"channels": becomes})
    assert [track["channels"] for track in streams(file)] == [becomes]
    first = heard(file)[0][0]
    assert first in TONES[:3]


def test_mono_asked_for_as_two_channels_is_the_same_on_both(tmp_path: Path) -> None:
    file = proxy(toned(tmp_path / "a.mov", (1, "mono")), "mov", audio={"channels": 2})
    assert heard(file) == [[TONES[0], TONES[0]]]


@pytest.mark.parametrize(("channels", "layout", "becomes"), [(2, "stereo", 6), (16, None, 2), (6, None, 2)])
def test_a_mix_that_no_rule_defines_is_refused(channels: int, layout: str | None, becomes: int, tmp_path: Path) -> None:
    (found,) = refused(probe(toned(tmp_path / "a.mov", (channels, layout)), "a"), audio={"channels": becomes})
    assert found.code == "JS143"
    assert f"no rule makes {becomes} of them" in found.message


PAIRS = [(container, codec) for container, holds in HOLDS.items() for codec in holds.codecs]


@pytest.mark.parametrize(("container", "codec"), PAIRS, ids=[" in ".join(pair[::-1]) for pair in PAIRS])
def test_every_codec_that_a_container_holds_arrives_with_its_channels(
    container: str, codec: str, tmp_path: Path
) -> None:
    file = proxy(toned(tmp_path / "a.mov", (2, "stereo"), (1, "mono")), container, audio={"codec": codec})
    assert [(track["codec_name"], track["sample_rate"]) for track in streams(file)] == [(codec, "48000")] * 2
    assert heard(file) == [TONES[:2], TONES[2:3]]


REFUSED = [
    *(("mov", codec) for codec in ("libopus", "flac")),
    *(("webm", codec) for codec in ("pcm_s16le", "pcm_s24le", "aac", "flac")),
    *(("mxf", codec) for codec in ("aac", "libopus", "flac")),
]


@pytest.mark.parametrize(("container", "encoder"), REFUSED, ids=[" in ".join(pair[::-1]) for pair in REFUSED])
def test_a_codec_that_a_container_does_not_hold_is_refused_by_its_muxer(
    container: str, encoder: str, tmp_path: Path
) -> None:
    picture = {"webm": "libvpx-vp9", "mxf": "mpeg2video"}.get(container, "mpeg4")
    inputs = ("-f", "lavfi", "-i", "color=s=64x64:d=0.1", "-f", "lavfi", "-i", "anullsrc=d=0.1")
    with pytest.raises(AssertionError):
        ffmpeg(*inputs, "-c:v", picture, "-c:a", encoder, f"file:{tmp_path}/a.{container}")


def test_flac_keeps_twenty_four_bits(tmp_path: Path) -> None:
    file = proxy(toned(tmp_path / "a.mov", (1, "mono")), "mkv", audio={"codec": "flac"})
    assert streams(file)[0]["bits_per_raw_sample"] == "24"


def test_sixteen_bits_of_twenty_four_are_a_loss(tmp_path: Path) -> None:
    source = toned(tmp_path / "a.mov", (1, "mono"))
    assert losses(source, "mov", audio={"codec": "pcm_s16le"}) == ("sound of 24 bits becomes 16 bits",)


def test_sound_at_44_1_khz_becomes_48_khz_in_mxf_and_the_plan_says_so(tmp_path: Path) -> None:
    source = toned(tmp_path / "a.mov", (1, "mono"), rate=44100)
    assert streams(proxy(source, "mxf"))[0]["sample_rate"] == "48000"
    assert losses(source, "mxf") == ("sound is resampled from 44100 Hz to 48000 Hz",)


def test_a_sample_rate_that_is_asked_for_is_that_of_the_output(tmp_path: Path) -> None:
    source = toned(tmp_path / "a.mov", (1, "mono"), rate=44100)
    assert streams(proxy(source, "mov", audio={"sample_rate": 44100}))[0]["sample_rate"] == "44100"
    assert losses(source, "mov", audio={"sample_rate": 44100}) == ()


@pytest.mark.parametrize("container", PICTURE)
def test_audio_none_gives_a_file_without_sound_and_names_what_is_left_out(container: str, tmp_path: Path) -> None:
    source = toned(tmp_path / "a.mov", (1, "mono"), (16, None))
    assert streams(proxy(source, container, audio="none")) == []
    assert losses(source, container, audio="none") == ("2 audio tracks are left out, for audio is none",)


@pytest.mark.parametrize("container", PICTURE)
def test_a_clip_without_sound_gives_a_proxy_without_sound(container: str, tmp_path: Path) -> None:
    source = toned(tmp_path / "a.mov")
    assert streams(proxy(source, container, audio={"channels": 2})) == []
    assert losses(source, container) == ()


def test_what_one_clip_says_of_its_sound_stands_before_what_the_spec_says(tmp_path: Path) -> None:
    known = probe(toned(tmp_path / "a.mov", (2, "stereo")), "a")
    own = {"path": "media:a.mov", "audio": {"sample_rate": 44100}}
    (track,) = planned(known, sources=[own], audio={"codec": "pcm_s16le", "channels": 1}).intent.sound
    assert (track.codec, track.channels, track.sample_rate) == ("pcm_s24le", 2, 44100)
    assert planned(known, sources=[{**own, "audio": "none"}]).intent.sound == ()
    assert planned(known, sources=[{**own, "audio": "preserve"}], audio="none").expects.channels == (2,)


TAGS = ("-metadata:s:a:0", "language=deu", "-metadata:s:a:0", "title=Boom", "-metadata:s:a:1", "title=Lav, left")


@pytest.mark.parametrize("suffix", ["mov", "mkv"])
@pytest.mark.parametrize("container", ["mov", "mp4", "mkv", "webm"])
def test_language_and_title_of_a_track_are_kept(container: str, suffix: str, tmp_path: Path) -> None:
    tags = tuple(word.replace("deu", "ger") for word in TAGS) if suffix == "mov" else TAGS
    file = proxy(toned(tmp_path / f"a.{suffix}", (1, "mono"), (1, "mono"), extra=tags), container)
    said = [track["tags"] for track in streams(file)]
    assert [each.get("title") or each.get("name") for each in said] == ["Boom", "Lav, left"]
    assert said[0]["language"] == ("ger" if "mov" in (container, suffix) else "deu")
    assert {each.get("handler_name", "SoundHandler") for each in said} == {"SoundHandler"}


def test_what_a_container_cannot_say_of_a_track_is_a_loss(tmp_path: Path) -> None:
    source = toned(tmp_path / "a.mkv", (1, None), (1, None), extra=(*TAGS, "-metadata:s:a:1", "language=yue"))
    assert losses(source, "mov") == ("the language yue of a track is not carried by mov",)
    assert losses(source, "mp4") == ()
    assert losses(source, "mxf") == (
        *("the language deu of a track is not carried by mxf", "the language yue of a track is not carried by mxf"),
        *("the title Boom of a track is not carried by mxf", "the title Lav, left of a track is not carried by mxf"),
    )


@pytest.mark.parametrize("container", ["mov", "mp4"])
def test_all_tracks_of_a_format_that_switches_none_off_are_switched_on(container: str, tmp_path: Path) -> None:
    source = toned(tmp_path / "a.mxf", *[(1, "mono")] * 3, encode=MPEG2)
    assert [track["disposition"]["default"] for track in streams(proxy(source, container))] == [1, 1, 1]


def test_a_track_that_quicktime_has_switched_off_stays_off(tmp_path: Path) -> None:
    source = toned(
        tmp_path / "a.mov", *[(1, "mono")] * 3, extra=("-disposition:a:0", "default", "-disposition:a:2", "default")
    )
    assert [track["disposition"]["default"] for track in streams(source)] == [1, 0, 1]
    assert [track["disposition"]["default"] for track in streams(proxy(source, "mov"))] == [1, 0, 1]


APART = {
    "together": (0.0, 0.0),
    "sound first": (0.4, 0.0),
    "picture first": (0.0, 0.4),
    "sound first, by less than a whole number of frames": (0.213, 0.0),
    "picture first, by less than a whole number of frames": (0.0, 0.213),
}


@pytest.mark.parametrize("container", PICTURE)
@pytest.mark.parametrize(("picture", "sound"), APART.values(), ids=APART)
def test_the_beep_is_heard_with_the_flash(picture: float, sound: float, container: str, tmp_path: Path) -> None:
    source = flashing(tmp_path / "a.mkv", picture=picture, sound=sound)
    file = proxy(source, container)
    (seen,), (track,) = streams(file, "video"), streams(file)
    shown = float(seen["start_time"]) + flash(file) / 25
    played = float(track["start_time"]) + begins(samples(file)[0])
    assert abs(shown - played) < 1 / 100


def test_each_track_of_an_mxf_is_cut_or_filled_by_its_own_start(tmp_path: Path) -> None:
    first = flashing(tmp_path / "a.mkv", picture=0.4)
    later = flashing(tmp_path / "b.mkv", sound=0.2)
    both = tmp_path / "both.mkv"
    inputs = ("-copyts", "-i", f"file:{first}", "-i", f"file:{later}")
    ffmpeg(*inputs, "-map", "0:v", "-map", "0:a", "-map", "1:a", "-c", "copy", f"file:{both}")
    file = proxy(both, "mxf")
    assert [round(begins(samples(file, number)[0]), 2) for number in range(2)] == [0.2, 0.2]
    assert flash(file) / 25 == 0.2


def test_sound_that_mxf_cuts_off_before_the_picture_is_named(tmp_path: Path) -> None:
    source = flashing(tmp_path / "a.mkv", picture=0.4)
    assert losses(source, "mxf") == ("0.40 s of sound before the picture are cut, for mxf begins with it",)


def test_a_variable_rate_stays_in_sync(tmp_path: Path) -> None:
    gaps = ",select='not(mod(n\\,3))+not(mod(n\\,5))+eq(n\\,15)'"
    source = flashing(tmp_path / "a.mkv", extra=gaps)
    known = probe(source, "a")
    assert not known.picture.constant
    file = proxy(source, "mov", fps_explicit="25")
    assert abs(flash(file) / 25 - begins(samples(file)[0])) <= 1 / 25


CONFORMED = {"25 at 24": ("24", Fraction(24, 25)), "25 at 23.976": ("24000/1001", Fraction(960, 1001))}


@pytest.mark.parametrize("container", ["mov", "mxf"])
@pytest.mark.parametrize(("rate", "speed"), CONFORMED.values(), ids=CONFORMED)
def test_conformed_sound_is_longer_and_lower_by_the_ratio(
    rate: str, speed: Fraction, container: str, tmp_path: Path
) -> None:
    source = toned(tmp_path / "a.mov", (1, "mono"))
    changes: dict[str, Any] = {"fps_explicit": rate, "conform": True}
    output = planned_from(source, codec=PICTURE[container], container=container, **changes)
    assert f"sound runs {speed} times as fast, and its pitch moves with it" in output.losses
    channel = samples(made(output, tmp_path / "work"))[0]
    crossings = [number for number in range(1, len(channel)) if channel[number - 1] < 0 <= channel[number]]
    period = Fraction(crossings[-20] - crossings[20], len(crossings) - 40)
    assert abs(48000 / period - TONES[0] * speed) < 1
    loud = max(number for number, sample in enumerate(channel) if abs(sample) > 1000) / 48000
    assert abs(loud - Fraction(2, 5) / speed) < Fraction(1, 200)


@pytest.mark.parametrize("rate", ["10", "60"])
def test_sound_is_not_conformed_by_more_than_an_octave(rate: str, tmp_path: Path) -> None:
    known = probe(toned(tmp_path / "a.mov", (1, "mono")), "a")
    (found,) = refused(known, fps_explicit=rate, conform=True)
    assert found.code == "JS144"
    assert "say audio: none" in found.message
    assert planned(known, fps_explicit=rate, conform=True, audio="none").intent.sound == ()
