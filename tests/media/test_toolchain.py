"""Which FFmpeg is here, what it can do, and whether it is the one that plans are made for."""

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import Exit, JobspecError, Problem
from runner.media.releases import DECLARED, RELEASES, release
from runner.media.toolchain import VARIABLE, Build, bundled, encoders, filters, find_ffmpeg, fit, identify, lacking
from runner.plan import recipes
from tests.clips import FFMPEG, clip, ffmpeg

Program = Callable[..., Path]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return a maker of programs that stand for an FFmpeg that this machine has not."""

    def make(body: str, name: str = "ffmpeg") -> Path:
        file = tmp_path / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)
        return file

    return make


def problems(function: Callable[..., object], *arguments: object) -> tuple[Problem, ...]:
    with pytest.raises(JobspecError) as caught:
        function(*arguments)
    return caught.value.problems


def test_an_ffmpeg_comes_with_the_installation() -> None:
    path = bundled()
    assert path is not None
    assert os.access(path, os.X_OK)


def test_the_bundled_build_is_of_the_line_that_plans_are_made_for() -> None:
    build = identify(Path(FFMPEG))
    assert (build.path, build.line) == (Path(FFMPEG), DECLARED)
    assert DECLARED in build.version


def test_the_bundled_build_has_every_encoder_that_a_recipe_names() -> None:
    tables = recipes.TABLES.values()
    needed = {row.encoder for table in tables for row in table.picture.values()}
    needed |= {row.encoder for table in tables for row in table.sound.rows.values()}
    assert needed <= encoders(Path(FFMPEG))
    fit(identify(Path(FFMPEG)), DECLARED, frozenset(needed))


def test_the_line_that_plans_are_made_for_has_a_row() -> None:
    assert release(DECLARED) is RELEASES[DECLARED]


def test_a_line_that_nobody_measured_is_refused_with_those_that_were() -> None:
    (found,) = problems(release, "6.1")
    assert (found.code, found.legal) == ("JS083", tuple(RELEASES))


def test_every_option_for_reading_is_one_that_the_bundled_build_knows(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov")
    ffmpeg(*release(DECLARED).reading, "-i", f"file:{source}", "-f", "null", "-")


def with_clean_aperture(path: Path, width: int, height: int) -> Path:
    """Give a mov whose index stands at its end the box by which cameras say how much of the picture is clean."""
    data = bytearray(clip(path).read_bytes())
    numbers = (width, 1, height, 1, 0, 1, 0, 1)
    box = struct.pack(">I4s8I", 40, b"clap", *numbers)
    place = data.rindex(b"moov")
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        place = data.index(name, place)
        (size,) = struct.unpack_from(">I", data, place - 4)
        struct.pack_into(">I", data, place - 4, size + len(box))
    data[place - 4 + size : place - 4 + size] = box
    path.write_bytes(data)
    return path


def dimensions(path: Path, *options: str) -> str:
    hashed = ffmpeg(*options, "-i", f"file:{path}", "-map", "0:v", "-frames:v", "1", "-f", "framecrc", "-")
    return hashed.split("#dimensions 0: ")[1].split()[0]


def test_the_declared_line_reads_the_whole_picture_of_a_clip_with_a_clean_aperture(tmp_path: Path) -> None:
    source = with_clean_aperture(tmp_path / "a.mov", 304, 172)
    assert dimensions(source) == "304x172"
    assert dimensions(source, *release(DECLARED).reading) == "320x180"


# Where it is looked for.


def test_the_option_comes_first_then_the_variable_then_the_bundled_one(program: Program) -> None:
    option, variable = program("", "one"), program("", "two")
    assert find_ffmpeg(str(option), {VARIABLE: str(variable)}) == option
    assert find_ffmpeg(None, {VARIABLE: str(variable)}) == variable
    assert find_ffmpeg(None, {"PATH": str(program("").parent)}) == Path(FFMPEG)


def test_the_variables_of_other_tools_do_not_choose_the_ffmpeg(program: Program) -> None:
    assert find_ffmpeg(None, {"IMAGEIO_FFMPEG_EXE": str(program(""))}) == Path(FFMPEG)


def test_a_program_may_be_named_as_it_stands_on_the_path(program: Program) -> None:
    file = program("", "ffmpeg-9")
    assert find_ffmpeg("ffmpeg-9", {"PATH": str(file.parent)}) == file


def test_the_path_found_is_absolute(program: Program, in_folder: Callable[[Path], None]) -> None:
    file = program("", "mine")
    in_folder(file.parent)
    assert find_ffmpeg("./mine", {}) == file


@pytest.mark.parametrize(
    ("option", "environ", "origin"),
    [("/nowhere/ffmpeg", {}, "--ffmpeg"), (None, {VARIABLE: "/nowhere/ffmpeg"}, VARIABLE)],
    ids=["option", "variable"],
)
def test_a_named_ffmpeg_that_is_none_is_an_error_and_no_other_is_taken(
    option: str | None, environ: dict[str, str], origin: str
) -> None:
    (found,) = problems(find_ffmpeg, option, environ)
    assert found.code == "JS080"
    assert f"{origin} names /nowhere/ffmpeg" in found.message


def test_looking_for_an_ffmpeg_starts_none(program: Program, tmp_path: Path) -> None:
    file = program(f'touch "{tmp_path}/started"')
    assert find_ffmpeg(str(file), {}) == file
    assert not (tmp_path / "started").exists()


# What it says of itself.


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers", "5.1"),
        ("n7.1.2-22-g1234567 Copyright (c) 2000-2026 the FFmpeg developers", "7.1"),
        ("9.0.2-static https://johnvansickle.com/ffmpeg/ Copyright (c) 2000-2026", "9.0"),
        ("N-118000-g1234567 Copyright (c) 2000-2026 the FFmpeg developers", None),
    ],
    ids=["Debian", "a git tag", "a static build", "a nightly without a release"],
)
def test_the_release_line_is_read_from_what_builds_say(said: str, line: str | None, program: Program) -> None:
    build = identify(program(f'echo "ffmpeg version {said}"; echo built with gcc'))
    assert build.line == line
    assert build.version == said.partition(" Copyright")[0]


@pytest.mark.parametrize(
    ("body", "reason"), [("exit 1", "exit status 1"), ("kill -9 $$", "SIGKILL")], ids=["a failure", "a crash"]
)
def test_a_program_that_does_not_answer_is_named(body: str, reason: str, program: Program) -> None:
    file = program(body)
    (found,) = problems(identify, file)
    assert f"{file} does not answer" in found.message
    assert reason in found.message


def test_a_file_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    (tmp_path / "ffmpeg").write_bytes(b"\x7fELF of another machine")
    (tmp_path / "ffmpeg").chmod(0o755)
    (found,) = problems(identify, tmp_path / "ffmpeg")
    assert found.code == "JS080"


# Whether it fits.


def test_another_release_line_is_refused_with_both_ways_out() -> None:
    (found,) = problems(fit, Build(Path("/usr/bin/ffmpeg"), "5.1.9", "5.1"), "9.0", frozenset())
    assert (found.code, found.exit) == ("JS081", Exit.STALE)
    assert "pass --ffmpeg with a 9.0" in found.message
    assert 'ffmpeg = "5.1"' in found.message


def test_a_build_of_no_release_is_refused_by_its_own_words() -> None:
    (found,) = problems(fit, Build(Path("/opt/ffmpeg"), "N-118000", None), "9.0", frozenset())
    assert "/opt/ffmpeg" in found.message
    assert "N-118000" in found.message


def test_every_missing_encoder_is_named_and_not_the_first_alone() -> None:
    found = problems(fit, identify(Path(FFMPEG)), DECLARED, frozenset(("libx264", "libnone", "hap_fantasy")))
    assert [each.code for each in found] == ["JS082", "JS082"]
    assert "libnone" in found[1].message
    assert "hap_fantasy" in found[0].message
    assert {each.exit for each in found} == {Exit.STALE}


def test_a_decoder_is_not_taken_for_an_encoder() -> None:
    assert "h264" not in encoders(Path(FFMPEG))
    assert {"prores_ks", "dnxhd", "libx264", "libx265", "libvpx-vp9", "libsvtav1", "aac"} <= encoders(Path(FFMPEG))


# The legend and two lines of each layout; what stands before the name became narrower.
OF_5_1 = """Filters:
  T.. = Timeline support
  .S. = Slice threading
  ..C = Command support
  A = Audio input/output
 ..C acompressor       A->A       Audio compressor.
 TSC setsar            V->V       Set the pixel sample aspect ratio.
"""
OF_9_0 = """Filters:
  T.. = Timeline support
  ------
 .. acompressor       A->A       Audio compressor.
 TS setsar            V->V       Set the pixel sample aspect ratio.
"""


@pytest.mark.parametrize("answer", [pytest.param(OF_5_1, id="5.1"), pytest.param(OF_9_0, id="9.0")])
def test_filters_are_read_from_the_lists_of_old_and_new_builds(program: Program, answer: str) -> None:
    assert filters(program(f"cat <<'END'\n{answer}END")) == {"acompressor", "setsar"}


def test_the_bundled_build_has_the_filters_that_plans_use() -> None:
    assert {"scale", "setsar", "setparams", "format", "bwdif", "fps", "apad", "split"} <= filters(Path(FFMPEG))


def test_a_filter_that_a_build_lacks_is_named() -> None:
    build = identify(Path(FFMPEG))
    (found,) = lacking(build, "filter", frozenset(("scale", "sharpenator")))
    assert str(found).endswith("lacks the filter sharpenator, which the plan needs; pass another one with --ffmpeg")
    assert found.exit is Exit.STALE


def test_a_build_that_is_asked_for_nothing_is_not_asked(program: Program) -> None:
    silent = Build(program("exit 1"), "9.0.2", "9.0")
    assert lacking(silent, "filter", frozenset()) == []


def test_importing_the_toolchain_starts_no_process() -> None:
    watching = "import sys; sys.addaudithook(lambda event, _: sys.exit(9) if event == 'subprocess.Popen' else None)"
    done = subprocess.run([sys.executable, "-c", f"{watching}\nimport runner.media.toolchain"], capture_output=True)
    assert done.returncode == 0, done.stderr
