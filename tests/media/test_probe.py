"""What the probe learns of real files, compared with what FFmpeg itself decodes, and how it says no."""

import os
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from runner.errors import Exit, JobspecError, Problem
from runner.media import opening
from runner.media.facts import Colour, Facts, Picture
from runner.media.probe import content_of, probe, probe_with_length
from tests.clips import clip, decoded_frames, ffmpeg
from tests.media.opened import watched

GOP = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "12")
MPEG2 = ("-c:v", "mpeg2video", "-pix_fmt", "yuv422p")
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8")
FIELDS = ("-flags", "+ildct+ilme")
DROPPED = ("-vf", "select='not(eq(mod(n,7),3))'", "-fps_mode", "passthrough")
TS_PACKET = 188


def known(path: Path) -> Facts:
    return probe(path, path.name)


def seen(path: Path) -> Picture:
    return known(path).picture


def refusal(path: Path) -> Problem:
    with pytest.raises(JobspecError) as caught:
        probe(path, f"media:{path.name}")
    (found,) = caught.value.problems
    return found


def copied(source: Path, path: Path, *before: str, after: tuple[str, ...] = ()) -> Path:
    ffmpeg(*before, "-i", f"file:{source}", "-map", "0:V:0", *after, "-c", "copy", f"file:{path}")
    return path


def cut(path: Path, *encode: str) -> Path:
    """Cut between two key frames without encoding: mov and mp4 say so in an edit list."""
    whole = clip(path.with_name(f"whole-{path.name}"), seconds=1.2, encode=encode)
    return copied(whole, path, "-ss", "0.3", "-t", "0.6")


def begun_late(path: Path) -> Path:
    """Make a transport stream as a receiver records it that is switched on between two key frames."""
    data = clip(path, seconds=1.2, encode=GOP).read_bytes()
    first = len(data) // TS_PACKET // 4
    path.write_bytes(data[first * TS_PACKET :])
    return path


def cut_off(path: Path) -> Path:
    data = clip(path, seconds=1.2, encode=GOP).read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    return path


COUNTED: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "mov": ("a.mov", clip),
    "mp4 with B frames": ("a.mp4", lambda path: clip(path, encode=(*GOP, "-bf", "2"))),
    "mkv": ("a.mkv", clip),
    "webm": ("a.webm", lambda path: clip(path, encode=VP9)),
    "mxf": ("a.mxf", lambda path: clip(path, encode=MPEG2)),
    "transport stream": ("a.ts", lambda path: clip(path, encode=(*GOP, "-bf", "2"))),
    "avi": ("a.avi", lambda path: clip(path, encode=("-c:v", "mjpeg"))),
    "program stream": ("a.mpg", lambda path: clip(path, encode=("-c:v", "mpeg2video"))),
    "mp4 in fragments": ("f.mp4", lambda path: clip(path, extra=("-movflags", "frag_keyframe+empty_moov"))),
    "mov with an edit list": ("cut.mov", lambda path: cut(path, *GOP, "-bf", "0")),
    "mp4 with an edit list and B frames": ("cut.mp4", lambda path: cut(path, *GOP, "-bf", "2")),
    "mkv cut without an edit list": ("cut.mkv", lambda path: cut(path, *GOP, "-bf", "0")),
    "mxf cut": ("cut.mxf", lambda path: cut(path, *GOP, "-bf", "0")),
    "transport stream begun between key frames": ("late.ts", begun_late),
    "mkv that was cut off": ("off.mkv", cut_off),
    "mov with dropped frames": ("d.mov", lambda path: clip(path, seconds=1, extra=DROPPED)),
    "mkv with dropped frames": ("d.mkv", lambda path: clip(path, seconds=1, extra=DROPPED)),
    "avi with dropped frames": ("d.avi", lambda path: clip(path, seconds=1, encode=("-c:v", "mjpeg"), extra=DROPPED)),
    "transport stream with dropped frames": ("d.ts", lambda path: clip(path, seconds=1, extra=DROPPED)),
    "interlaced transport stream": ("i.ts", lambda path: clip(path, encode=(*GOP, *FIELDS, "-x264opts", "tff=1"))),
    "interlaced mxf": ("i.mxf", lambda path: clip(path, encode=(*MPEG2, *FIELDS))),
}


@pytest.mark.parametrize(("name", "maker"), COUNTED.values(), ids=COUNTED)
def test_the_frames_of_a_source_are_those_that_ffmpeg_decodes(
    name: str, maker: Callable[[Path], Path], tmp_path: Path
) -> None:
    file = maker(tmp_path / name)
    assert seen(file).frames == decoded_frames(file) > 0


def test_an_edit_list_is_obeyed_although_the_header_counts_more_frames(tmp_path: Path) -> None:
    file = cut(tmp_path / "cut.mov", *GOP, "-bf", "0")
    assert (seen(file).frames, seen(file).constant) == (15, True)


@pytest.mark.parametrize("extension", ["mov", "mp4", "mkv", "ts", "avi"])
@pytest.mark.parametrize(
    ("rate", "exact"),
    [("24000/1001", Fraction(24000, 1001)), ("25", Fraction(25)), ("60000/1001", Fraction(60000, 1001))],
    ids=["23.976", "25", "59.94"],
)
def test_a_constant_rate_is_exact_whatever_clock_the_container_has(
    rate: str, exact: Fraction, extension: str, tmp_path: Path
) -> None:
    picture = seen(clip(tmp_path / f"a.{extension}", rate=rate))
    assert (picture.rate, picture.constant, picture.seconds) == (exact, True, None)


@pytest.mark.parametrize("extension", ["mov", "mkv", "ts", "avi"])
@pytest.mark.parametrize(
    ("rate", "nominal"),
    [("24000/1001", Fraction(24000, 1001)), ("25", Fraction(25)), ("30000/1001", Fraction(30000, 1001))],
    ids=["23.976", "25", "29.97"],
)
def test_a_clip_with_dropped_frames_has_a_variable_rate_and_keeps_its_nominal_one(
    rate: str, nominal: Fraction, extension: str, tmp_path: Path
) -> None:
    encode = ("-c:v", "mjpeg") if extension == "avi" else GOP
    picture = seen(clip(tmp_path / f"a.{extension}", rate=rate, seconds=1, encode=encode, extra=DROPPED))
    assert (picture.rate, picture.constant) == (nominal, False)
    assert picture.seconds is not None
    assert abs(picture.seconds - 1) < 2 / nominal


TIMECODES = {
    "mov": ("a.mov", "25", ("-timecode", "01:00:00:00"), "01:00:00:00"),
    "mov drop-frame": ("a.mov", "30000/1001", ("-timecode", "01:00:00;02"), "01:00:00;02"),
    "mp4 drop-frame at 59.94": ("a.mp4", "60000/1001", ("-timecode", "00:01:00;04"), "00:01:00;04"),
    "mxf": ("a.mxf", "25", ("-timecode", "10:59:59:24"), "10:59:59:24"),
    "mxf drop-frame": ("a.mxf", "30000/1001", ("-timecode", "01:00:00;02"), "01:00:00;02"),
    "mkv tag of the picture": ("a.mkv", "25", ("-metadata:s:v:0", "timecode=02:00:00:00"), "02:00:00:00"),
    "mkv tag of the file": ("a.mkv", "25", ("-metadata", "timecode=02:00:00:00"), "02:00:00:00"),
    "mkv tag in capitals": ("a.mkv", "25", ("-metadata", "TIMECODE=03:00:00:00"), "03:00:00:00"),
    "none": ("a.mov", "25", (), None),
}


@pytest.mark.parametrize(("name", "rate", "extra", "code"), TIMECODES.values(), ids=TIMECODES)
def test_the_start_timecode_is_read_with_its_drop_flag(
    name: str, rate: str, extra: tuple[str, ...], code: str | None, tmp_path: Path
) -> None:
    encode = MPEG2 if name.endswith("mxf") else GOP
    assert known(clip(tmp_path / name, rate=rate, encode=encode, extra=extra)).timecode == code


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("a.mov", ("-timecode", "01:00:00:00", "-metadata:s:v:0", "reel_name=A001")),
        ("a.mxf", ("-metadata", "reel_name=A001")),
        ("a.mkv", ("-metadata:s:v:0", "reel_name=A001")),
    ],
    ids=["mov", "mxf", "mkv"],
)
def test_the_reel_is_read(name: str, extra: tuple[str, ...], tmp_path: Path) -> None:
    assert known(clip(tmp_path / name, encode=MPEG2 if name == "a.mxf" else GOP, extra=extra)).reel == "A001"


@pytest.mark.parametrize("clockwise", [90, 180, 270])
def test_the_display_matrix_gives_the_clockwise_turn_and_leaves_the_coded_size(clockwise: int, tmp_path: Path) -> None:
    flat = clip(tmp_path / "flat.mov")
    turned = copied(flat, tmp_path / "turned.mov", "-display_rotation", str(-clockwise))
    picture = seen(turned)
    assert (picture.rotation, picture.width, picture.height) == (clockwise, 320, 180)


@pytest.mark.parametrize("extension", ["mov", "mkv", "mxf", "ts"])
def test_anamorphic_pictures_keep_their_sample_aspect_ratio(extension: str, tmp_path: Path) -> None:
    encode = MPEG2 if extension == "mxf" else GOP
    file = clip(tmp_path / f"a.{extension}", size="720x576", seconds=0.12, encode=encode, extra=("-aspect", "16:9"))
    assert seen(file).sar == Fraction(64, 45)


@pytest.mark.parametrize("extension", ["mov", "mp4", "mkv"])
def test_colour_tags_are_read_by_their_names(extension: str, tmp_path: Path) -> None:
    tags = "setparams=range=tv:color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc"
    file = clip(tmp_path / f"a.{extension}", extra=("-vf", tags))
    assert seen(file).colour == Colour(primaries="bt2020", transfer="arib-std-b67", matrix="bt2020nc", range="tv")


def test_colour_that_a_source_does_not_name_stays_unsaid(tmp_path: Path) -> None:
    assert seen(clip(tmp_path / "a.mov")).colour == Colour()


@pytest.mark.parametrize(
    ("encode", "extra"),
    [
        (("-c:v", "mjpeg", "-pix_fmt", "yuvj420p"), ()),
        (GOP, ("-vf", "scale=out_range=pc", "-color_range", "pc")),
    ],
    ids=["by pixel format", "by tag"],
)
def test_full_range_is_noticed(encode: tuple[str, ...], extra: tuple[str, ...], tmp_path: Path) -> None:
    assert seen(clip(tmp_path / "a.mov", encode=encode, extra=extra)).colour.range == "pc"


INTERLACED = {
    "H.264 in mov": ("a.mov", (*GOP, *FIELDS)),
    "H.264 in mkv": ("a.mkv", (*GOP, *FIELDS)),
    "H.264 in a transport stream": ("a.ts", (*GOP, *FIELDS)),
    "MPEG-2 in mxf": ("a.mxf", (*MPEG2, *FIELDS)),
    "ProRes in mov": ("a.mov", ("-c:v", "prores_ks", *FIELDS)),
}


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize(("name", "encode"), INTERLACED.values(), ids=INTERLACED)
def test_fields_are_told_apart_by_which_comes_first(
    name: str, encode: tuple[str, ...], order: str, tmp_path: Path
) -> None:
    options = (*encode, "-x264opts", f"{order}=1") if "libx264" in encode else encode
    assert seen(clip(tmp_path / name, encode=options, extra=("-vf", f"setfield={order}"))).scan == order


@pytest.mark.parametrize(
    ("encode", "alpha", "rgb"),
    [
        (("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le"), True, False),
        (("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuv444p10le"), False, False),
        (("-c:v", "png", "-pix_fmt", "rgba"), True, True),
        (("-c:v", "png", "-pix_fmt", "rgb24"), False, True),
    ],
    ids=["YUV with alpha", "YUV without", "RGB with alpha", "RGB without"],
)
def test_alpha_and_rgb_are_noticed(encode: tuple[str, ...], alpha: bool, rgb: bool, tmp_path: Path) -> None:
    picture = seen(clip(tmp_path / "a.mov", encode=encode))
    assert (picture.alpha, picture.rgb) == (alpha, rgb)


def test_ten_bits_are_counted_as_ten(tmp_path: Path) -> None:
    assert seen(clip(tmp_path / "a.mov", encode=("-c:v", "prores_ks", "-profile:v", "0"))).depth == 10


def test_every_audio_track_is_listed_in_order_with_its_channels(tmp_path: Path) -> None:
    file = clip(tmp_path / "a.mov", tracks=(1, 2, 6), extra=("-metadata:s:a:1", "language=fra"))
    sound = known(file).sound
    assert [(track.stream, track.channels) for track in sound] == [(0, 1), (1, 2), (2, 6)]
    assert [track.language for track in sound] == [None, "fra", None]
    assert {(track.codec, track.sample_rate, track.seconds) for track in sound} == {
        ("pcm_s16le", 48000, Fraction(2, 5))
    }


def test_a_clip_without_sound_has_no_tracks(tmp_path: Path) -> None:
    assert known(clip(tmp_path / "a.mov")).sound == ()


@pytest.mark.parametrize(("form", "seconds"), [("mov", Fraction(2)), ("mkv", None)])
def test_sound_that_begins_late_has_the_length_that_its_file_says_and_no_guessed_one(
    form: str, seconds: Fraction | None, tmp_path: Path
) -> None:
    late = ("-itsoffset", "8", "-f", "lavfi", "-i", "sine=d=2:sample_rate=48000")
    picture = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=10")
    ffmpeg(*picture, *late, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_s16le", f"file:{tmp_path}/a.{form}")
    (track,) = known(tmp_path / f"a.{form}").sound
    assert track.seconds == seconds


def test_an_audio_track_of_an_unknown_codec_is_ignored_by_name_and_the_others_keep_their_numbers(
    tmp_path: Path,
) -> None:
    file = clip(tmp_path / "a.mov", tracks=(1, 2))
    file.write_bytes(file.read_bytes().replace(b"sowt", b"zzzz", 1))  # the first sample entry: what no reader knows
    learnt = known(file)
    assert [(track.stream, track.channels) for track in learnt.sound] == [(1, 2)]
    assert learnt.ignored == ("audio 1",)


@pytest.fixture(scope="module")
def cover(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A still picture that has more pixels than the clip: the default choice of many tools."""
    file = tmp_path_factory.mktemp("cover") / "cover.png"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=640x640", "-frames:v", "1", f"file:{file}")
    return file


def with_cover(path: Path, cover: Path) -> Path:
    plain = clip(path.with_name("plain.mov"), tracks=(2,))
    maps = ("-map", "1", "-map", "0", "-c:v", "copy", "-c:a", "aac", "-disposition:v:0", "attached_pic")
    ffmpeg("-i", f"file:{plain}", "-i", f"file:{cover}", *maps, f"file:{path}")
    return path


def test_an_attached_cover_is_not_taken_for_the_picture(cover: Path, tmp_path: Path) -> None:
    learnt = known(with_cover(tmp_path / "a.mp4", cover))
    assert (learnt.picture.width, learnt.picture.frames) == (320, 10)
    assert [each.split()[0] for each in learnt.ignored] == ["cover"]


def test_a_song_with_a_cover_has_no_picture(cover: Path, tmp_path: Path) -> None:
    song = tmp_path / "song.m4a"
    maps = ("-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v:0", "attached_pic")
    ffmpeg("-f", "lavfi", "-i", "sine=d=0.2", "-i", f"file:{cover}", *maps, f"file:{song}")
    assert refusal(song).code == "JS064"


def test_timecode_and_subtitle_tracks_are_ignored_by_name(tmp_path: Path) -> None:
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,000 --> 00:00:00,300\nHello\n")
    plain = clip(tmp_path / "plain.mov")
    file = tmp_path / "a.mov"
    maps = ("-map", "0", "-map", "1", "-c:v", "copy", "-c:s", "mov_text", "-timecode", "01:00:00:00")
    ffmpeg("-i", f"file:{plain}", "-i", f"file:{words}", *maps, f"file:{file}")
    assert known(file).ignored == ("subtitle 1", "data 2")


def test_of_several_pictures_the_first_is_taken_and_the_others_are_named(tmp_path: Path) -> None:
    small, large = clip(tmp_path / "small.mov"), clip(tmp_path / "large.mov", size="640x360")
    file = tmp_path / "both.mov"
    ffmpeg("-i", f"file:{small}", "-i", f"file:{large}", "-map", "0:v", "-map", "1:v", "-c", "copy", f"file:{file}")
    learnt = known(file)
    assert (learnt.picture.stream, learnt.picture.width, learnt.ignored) == (0, 320, ("video 1",))


# Refusals.


def test_a_source_that_does_not_exist_is_named(tmp_path: Path) -> None:
    assert str(refusal(tmp_path / "gone.mov")) == 'JS060: "media:gone.mov" does not exist'


def test_a_source_that_is_a_folder_is_named_as_one(tmp_path: Path) -> None:
    (tmp_path / "a.mov").mkdir()
    assert refusal(tmp_path / "a.mov").message == '"media:a.mov" is a folder, not a regular file'


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mov")
    assert refusal(tmp_path / "a.mov").message == '"media:a.mov" is a pipe, not a regular file'


def test_an_empty_source_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "a.mov").touch()
    assert refusal(tmp_path / "a.mov").message == '"media:a.mov" is empty (0 bytes)'


@pytest.mark.parametrize("content", [b"Dear editor, here are the clips.\n" * 40, bytes(100_000), b"RIFF____not an AVI"])
def test_a_file_that_is_no_media_is_refused_with_what_it_may_be(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.mov").write_bytes(content)
    found = refusal(tmp_path / "a.mov")
    assert (found.code, found.exit) == ("JS063", Exit.INVALID)
    assert "it may be cut off, still being copied, or of another kind" in found.message


def test_a_mov_that_was_cut_off_before_its_index_is_refused(tmp_path: Path) -> None:
    data = clip(tmp_path / "whole.mov").read_bytes()
    assert data.index(b"mdat") < data.index(b"moov")
    (tmp_path / "a.mov").write_bytes(data[: data.index(b"moov") - 4])
    assert "cut off" in refusal(tmp_path / "a.mov").message


@pytest.mark.parametrize(("name", "encode"), [("a.mkv", GOP), ("a.mxf", MPEG2), ("a.webm", VP9), ("a.avi", MPEG2)])
def test_a_file_that_ends_in_its_header_is_refused(name: str, encode: tuple[str, ...], tmp_path: Path) -> None:
    file = clip(tmp_path / name, encode=encode)
    file.write_bytes(file.read_bytes()[:300])
    assert refusal(file).code in ("JS063", "JS064", "JS067")


@pytest.mark.parametrize("extension", ["wav", "m4a", "mp3", "flac", "mov"])
def test_a_source_without_a_picture_is_told_so(extension: str, tmp_path: Path) -> None:
    file = tmp_path / f"a.{extension}"
    ffmpeg("-f", "lavfi", "-i", "sine=d=0.2", f"file:{file}")
    assert refusal(file).message == f'"media:a.{extension}" has no picture; a job needs one'


@pytest.mark.parametrize(
    ("name", "kind"),
    [("A001.R3D", "R3D"), ("a.r3d", "R3D"), ("a.braw", "BRAW"), ("a.ari", "ARRIRAW"), ("a.arx", "ARRIRAW")],
)
def test_camera_raw_is_named_by_its_extension_and_sent_to_the_makers_tool(name: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"RAW of some kind")
    message = refusal(tmp_path / name).message
    assert kind in message
    assert "make a proxy with the maker's tool" in message


@pytest.mark.parametrize("entry", [b"aprn", b"aprh"], ids=["aprn", "aprh"])
def test_prores_raw_inside_a_mov_is_named_by_its_sample_entry(entry: bytes, tmp_path: Path) -> None:
    file = clip(tmp_path / "a.mov")
    file.write_bytes(file.read_bytes().replace(b"avc1", entry))
    assert refusal(file).message == (
        '"media:a.mov" is ProRes RAW, which FFmpeg cannot decode; '
        "make a proxy with the maker's tool (Compressor or Final Cut Pro)"
    )


def test_a_picture_of_an_unknown_codec_is_one_problem_and_no_crash(tmp_path: Path) -> None:
    file = clip(tmp_path / "a.mov")
    file.write_bytes(file.read_bytes().replace(b"avc1", b"zzzz"))
    assert refusal(file).message.startswith('"media:a.mov" lacks a frame that can be decoded')


@pytest.mark.parametrize("name", ["a.mov", "a.mkv", "a.mxf", "a.ts", "a.avi"])
def test_a_file_cut_off_anywhere_gives_facts_or_one_clear_problem(name: str, tmp_path: Path) -> None:
    encode = MPEG2 if name in ("a.mxf", "a.avi") else GOP
    data = clip(tmp_path / name, tracks=(1,), sound=("-c:a", "pcm_s16le"), encode=encode).read_bytes()
    for step in range(1, 24):
        file = tmp_path / f"cut-{step}-{name}"
        file.write_bytes(data[: len(data) * step // 24])
        try:
            assert known(file).picture.frames > 0
        except JobspecError as error:
            assert [each.code for each in error.problems] in (["JS063"], ["JS064"], ["JS067"])


PLAYLISTS = {
    "concat list": "ffconcat version 1.0\nfile other.mov\n",
    "HLS playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.mov\n#EXT-X-ENDLIST\n",
    "HLS playlist by absolute path": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{folder}/other.mov\n",
    "DASH manifest": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
    '<AdaptationSet><Representation id="1" mimeType="video/mp4" bandwidth="1"><BaseURL>other.mov</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>",
}


@pytest.mark.parametrize("text", PLAYLISTS.values(), ids=PLAYLISTS)
@pytest.mark.parametrize("name", ["a.mp4", "a.m3u8"])
def test_a_playlist_is_refused_and_the_file_it_names_is_never_opened(text: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text.format(folder=tmp_path))
    with watched(tmp_path / "other.mov") as opened:
        assert refusal(tmp_path / name).code == "JS063"
        assert not opened()


ODD_NAMES = {
    "spaces": "a clip.mov",
    "a leading dash": "-i.mov",
    "a colon": "concat:a.mov",
    "a protocol": "http:a.mov",
    "a pattern": "%03d.mov",
    "a newline": "a\nb.mov",
    "quotes": 'it\'s "a".mov',
    "letters outside ASCII": "Töne 音.mov",
    "a query": "a?b#c.mov",
    "no extension": "clip",
}


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES)
def test_the_name_of_a_source_is_only_a_name(name: str, tmp_path: Path) -> None:
    plain = clip(tmp_path / "plain.mov")
    assert known(Path(shutil.copy(plain, tmp_path / name))) == known(plain)


# Content identity.


def test_the_same_content_under_another_name_and_time_has_the_same_identity(tmp_path: Path) -> None:
    one = clip(tmp_path / "one.mov")
    other = Path(shutil.copy(one, tmp_path / "other.mov"))
    os.utime(other, (1_000_000_000, 1_000_000_000))
    assert known(one).content == known(other).content == content_of(other)


def test_one_changed_byte_is_another_identity(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    data = bytearray(os.urandom(200_000))
    one.write_bytes(data)
    data[100_000] ^= 1
    other.write_bytes(data)
    assert content_of(one).size == content_of(other).size
    assert content_of(one) != content_of(other)


@pytest.mark.parametrize("place", [0, 5_000_000 // 2, 4_999_999], ids=["first", "middle sample", "last"])
def test_one_changed_byte_in_a_sampled_part_of_a_large_file_is_another_identity(place: int, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    data = bytearray(5_000_000)
    one.write_bytes(data)
    sampled = place if place in (0, 4_999_999) else (len(data) - 65536) * 8 // 15 + 100
    data[sampled] ^= 1
    other.write_bytes(data)
    assert content_of(one) != content_of(other)


def test_another_size_is_another_identity_even_when_all_bytes_are_zero(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(bytes(3_000_000))
    other.write_bytes(bytes(3_000_001))
    assert content_of(one).sample != content_of(other).sample


def bytes_read() -> int:
    return int(Path("/proc/self/io").read_text().split("rchar:")[1].split()[0])


def test_the_identity_of_a_film_needs_no_more_than_a_million_bytes_of_it(tmp_path: Path) -> None:
    film = tmp_path / "film"
    with film.open("wb") as file:
        file.truncate(200_000_000)
    before = bytes_read()
    assert content_of(film).size == 200_000_000
    assert bytes_read() - before < 1_200_000


def test_probing_leaves_the_source_as_it_was(tmp_path: Path) -> None:
    file = clip(tmp_path / "a.mov", tracks=(1,))
    before, data = file.stat(), file.read_bytes()
    known(file)
    after = file.stat()
    assert (after.st_mtime_ns, after.st_size, file.read_bytes()) == (before.st_mtime_ns, before.st_size, data)


def test_a_source_that_may_only_be_read_is_enough(tmp_path: Path) -> None:
    file = clip(tmp_path / "a.mov")
    file.chmod(0o444)
    assert known(file).picture.frames == 10


@pytest.mark.parametrize(
    ("name", "encode", "counted", "openings"),
    [
        pytest.param("a.mov", GOP, "index", 1, id="counted in its index"),
        pytest.param("a.mkv", GOP, "packets", 1, id="counted by its packets"),
        pytest.param("a.ts", (*MPEG2, *FIELDS), "decoded", 2, id="decoded to be counted"),
    ],
)
def test_a_file_is_opened_once_unless_its_frames_must_be_decoded_to_be_counted(
    name: str, encode: tuple[str, ...], counted: str, openings: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, opened, really = clip(tmp_path / name, encode=encode, tracks=(1,)), list[object](), opening.av.open
    monkeypatch.setattr(opening.av, "open", lambda *given, **more: opened.append(given) or really(*given, **more))
    found, length = probe_with_length(file, name)
    assert (found.picture.frames, found.picture.counted) == (10, counted)
    assert length and abs(length - Fraction(2, 5)) <= Fraction(1, 25)
    assert len(opened) == openings


def test_what_is_counted_after_the_look_is_counted_as_from_the_begin(tmp_path: Path) -> None:
    """A clip of many times the packets that the look takes, with B-frames, so that its times come out of order."""
    encode = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "3", "-pix_fmt", "yuv420p")
    file = clip(tmp_path / "a.mkv", size="64x64", rate="30000/1001", seconds=10, encode=encode, tracks=(1,))
    assert (seen(file).frames, seen(file).counted) == (decoded_frames(file), "packets")
    assert (seen(file).rate, seen(file).constant, seen(file).seconds) == (Fraction(30000, 1001), True, None)
