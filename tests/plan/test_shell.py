"""A plan as a script that plain sh runs: the same streams as a run makes, nothing overwritten, nothing left behind."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from runner.media.probe import probe
from runner.plan.document import digest
from runner.plan.model import Plan
from runner.plan.shell import script
from tests.clips import FFMPEG, clip, decoded_frames, ffmpeg, streamhash
from tests.conftest import Repository
from tests.cubes import cube, swapped
from tests.plan import planning

SHELLCHECK = Path(sys.executable).with_name("shellcheck")
DASH = "/usr/bin/dash"

Done = subprocess.CompletedProcess[str]


def run(text: str, folder: Path, environment: Mapping[str, str] | None = None) -> Done:
    """Run a script under dash with no environment but the given one, in a folder of its own."""
    cwd = folder / "cwd"
    cwd.mkdir(exist_ok=True)
    file = folder / "plan.sh"
    file.write_text(text, encoding="utf-8")
    pairs = [f"{name}={value}" for name, value in (environment or {}).items()]
    done = subprocess.run(
        ["/usr/bin/env", "-i", *pairs, DASH, str(file)],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert not list(cwd.iterdir()), "a script writes nothing where it was started"
    return done


def complaints(text: str) -> str:
    """Return what shellcheck says of a script."""
    done = subprocess.run(
        [SHELLCHECK, "--shell=sh", "--severity=style", "-"], input=text, capture_output=True, text=True
    )
    return done.stdout + done.stderr


def plan(*sources: Path, **changes: Any) -> Plan:
    """Return the plan of real clips by their absolute paths, outputs numbered."""
    places = [str(source) for source in sources]
    names = {"naming_template": "{{ index }}", **changes}
    return planning.plan([probe(source, str(source)) for source in sources], sources=places, **names)


def files(folder: Path) -> list[str]:
    """Return every file below a folder, records and work folders included."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    extra = ("-timecode", "01:00:00:00", "-metadata:s:v:0", "reel_name=A001")
    return clip(tmp_path_factory.mktemp("source") / "a.mov", seconds=0.2, tracks=(1, 1), extra=extra)


@pytest.fixture
def proxies(tmp_path: Path) -> Path:
    folder = tmp_path / "proxies"
    folder.mkdir()
    return folder


# The same streams as a run makes.

MADE = {
    "ProRes in mov": ("prores_proxy", "mov"),
    "H.264 in mp4": ("h264", "mp4"),
    "DNxHR in mxf": ("dnxhr_lb", "mxf"),
    "VP9 in webm": ("vp9", "webm"),
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the folder that `jobspec run` filled and the one that the script of the same specs filled."""
    top = tmp_path_factory.mktemp("both")
    team = Repository(top / "repo", top / "media", top / "proxies")
    for folder in (team.top, team.media, team.proxies):
        folder.mkdir()
    team.write("jobspec.toml", '[roots]\nmedia = "camera originals"\nproxies = "what we make"\n')
    team.clip(rate="24000/1001", tracks=(1, 1), extra=("-timecode", "01:00:00:00"))
    for codec, container in MADE.values():
        team.spec(f"{codec}.yaml", codec=codec, container=container, resolution="half", template="{{ job_id }}")
    # DNxHR has no picture as small as half of this one.
    team.spec("dnxhr_lb.yaml", codec="dnxhr_lb", container="mxf", template="{{ job_id }}")
    written = team.jobspec("plan", "--format", "sh")
    assert written.returncode == 0, written.stderr
    ran = team.jobspec("run")
    assert ran.returncode == 0, ran.stderr
    other = top / "by script"
    done = run(written.stdout, top, {"ROOT_PROXIES": str(other)})
    assert (done.returncode, done.stderr) == (0, "")
    return team.proxies / "out", other / "out"


@pytest.mark.parametrize(("codec", "container"), MADE.values(), ids=MADE)
def test_the_script_makes_the_streams_that_a_run_makes(codec: str, container: str, both: tuple[Path, Path]) -> None:
    by_run, by_script = (folder / f"{codec}.{container}" for folder in both)
    assert streamhash(by_script) == streamhash(by_run)
    assert decoded_frames(by_script) == 10
    assert probe(by_script, "made").timecode == probe(by_run, "made").timecode == "01:00:00:00"


def test_the_script_leaves_its_outputs_and_nothing_else(both: tuple[Path, Path]) -> None:
    assert files(both[1]) == sorted(f"{codec}.{container}" for codec, container in MADE.values())


# What it looks like.


def test_the_variables_stand_at_the_top_with_this_machines_mounts_as_defaults() -> None:
    text = script(
        planning.plan(planning.facts()), Path("/opt/ffmpeg"), {"media": Path("/mnt/m"), "proxies": Path("/p")}
    )
    head = text[: text.index("begin()")]
    for line in (
        "FFMPEG=${FFMPEG:-/opt/ffmpeg}",
        "ROOT_MEDIA=${ROOT_MEDIA:-/mnt/m}",
        "ROOT_PROXIES=${ROOT_PROXIES:-/p}",
    ):
        assert line in head
    assert "/mnt/m" not in text[text.index("begin()") :]


def test_the_script_names_the_plan_by_its_digest() -> None:
    made = planning.plan(planning.facts())
    assert digest(made) in script(made, Path("/opt/ffmpeg"), {}).splitlines()[1]


def test_the_same_plan_gives_the_same_script() -> None:
    one, other = (script(planning.plan(planning.facts()), Path("/f"), {"media": Path("/m")}) for _ in range(2))
    assert one == other


def test_what_is_not_kept_stands_beside_the_command() -> None:
    text = script(planning.plan(planning.facts(alpha=True)), Path("/f"), {})
    assert "# not kept: alpha is dropped\n" in text


def test_ffmpeg_is_by_default_the_one_that_a_run_would_use(repository: Repository, tmp_path: Path) -> None:
    repository.clip()
    repository.spec()
    wrapper = tmp_path / "my ffmpeg"
    wrapper.write_text("#!/bin/sh\n")
    wrapper.chmod(0o755)
    for environment, binary in (({}, FFMPEG), ({"JOBSPEC_FFMPEG": str(wrapper)}, str(wrapper))):
        text = repository.jobspec("plan", "--format", "sh", env=environment).stdout
        line = next(line for line in text.splitlines() if line.startswith("FFMPEG="))
        shown = subprocess.run([DASH, "-c", f'{line}; printf %s "$FFMPEG"'], env={}, capture_output=True, text=True)
        assert shown.stdout == binary


# Tables, fonts and texts.

TABLE = "luts/it's,[x];movie=b,$(touch pwned).cube"
BURNT = f"""\
lut: "{TABLE}"
overlay:
  - show: source_name
  - show: timecode
  - {{show: text, text: "%{{pts}} 'q' $HOME `id` \\\\n", position: center}}
"""


@pytest.fixture
def burnt(repository: Repository) -> Repository:
    """A repository whose one clip, of an odd name, gets a table and burn-ins, all with odd names and texts."""
    repository.clip("a'[x];movie=b,%{pts}.mov", extra=("-timecode", "01:00:00:00"))
    repository.write(TABLE, f'TITLE "x"\nLUT_3D_INPUT_RANGE 0 1\n{cube(swapped)}')
    repository.spec(sources=('"media:a\'[x];movie=b,%{pts}.mov"',), template="a", more=BURNT)
    return repository


def test_the_script_makes_the_very_streams_of_a_run_with_a_table_and_burn_ins(
    burnt: Repository, tmp_path: Path
) -> None:
    text = burnt.jobspec("plan", "--format", "sh").stdout
    assert complaints(text) == ""
    ran = burnt.jobspec("run")
    assert ran.returncode == 0, ran.stderr
    other = tmp_path / "by script"
    done = run(text, tmp_path, {"ROOT_PROXIES": str(other)})
    assert (done.returncode, done.stderr) == (0, "")
    made = other / "out" / "a.mov"
    assert streamhash(made) == streamhash(burnt.proxies / "out" / "a.mov")
    assert files(other) == ["out/a.mov"]


def test_the_script_runs_with_mounts_and_ffmpeg_given_relative_to_where_it_is_started(
    burnt: Repository, tmp_path: Path
) -> None:
    text = burnt.jobspec("plan", "--format", "sh").stdout
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "ffmpeg").symlink_to(FFMPEG)
    places = {"ROOT_PROXIES": "../proxies", "ROOT_MEDIA": "../media", "ROOT_REPO": "../repo"}
    done = run(text, tmp_path, {**places, "FFMPEG": "../links/ffmpeg"})
    assert (done.returncode, done.stderr) == (0, "")
    assert burnt.outputs() == ["out/a.mov"]


@pytest.mark.parametrize("what", ["table", "font"])
def test_the_script_refuses_a_table_or_font_that_is_another_than_planned(
    what: str, burnt: Repository, tmp_path: Path
) -> None:
    text = burnt.jobspec("plan", "--format", "sh").stdout
    other = tmp_path / "other.ttf"
    other.write_bytes(b"another")
    if what == "table":
        burnt.write(TABLE, cube())
    done = run(text, tmp_path, {"FONT": str(other)} if what == "font" else {})
    assert done.returncode == 4
    assert "not what it was when the plan was made" in done.stderr
    assert burnt.outputs() == []
    assert not list(burnt.proxies.rglob("*.ttf"))


ODD_MOUNTS = {
    "plain": "/mnt/media",
    "spaces": "/mnt/my media",
    "a closing brace": "/mnt/a}b",
    "a double quote": '/mnt/a"b',
    "a single quote": "/mnt/it's",
    "a dollar and a backtick": "/mnt/$HOME/`id`",
    "a backslash": "/mnt/a\\b",
    "a newline": "/mnt/a\nb",
    "a star": "/mnt/*",
    "a tilde": "~/media",
    "letters outside ASCII": "/mnt/Töne",
}


@pytest.mark.parametrize("folder", ODD_MOUNTS.values(), ids=ODD_MOUNTS)
def test_shellcheck_finds_nothing_and_dash_reads_the_mount_as_it_is(folder: str, tmp_path: Path) -> None:
    text = script(planning.plan(planning.facts()), Path(folder) / "ffmpeg", {"media": Path(folder)})
    assert complaints(text) == ""
    head = text[: text.index("left_alone=0")]
    shown = run(f'{head}printf "%s\\n" "$ROOT_MEDIA" "$FFMPEG"\n', tmp_path, {"ROOT_PROXIES": "/p"}).stdout
    # FFmpeg works in a folder of its own, so a path that is relative is made absolute where the script was started.
    there = folder if folder.startswith("/") else tmp_path / "cwd" / folder
    assert shown == f"{there}\n{there}/ffmpeg\n"


ODD_NAMES = {
    "spaces": "a clip  of us.mov",
    "a single quote": "it's.mov",
    "double quotes": '"quoted".mov',
    "a dollar": "$HOME ${x} $(touch pwned).mov",
    "a backtick": "`touch pwned`.mov",
    "a backslash": "a\\b\\n.mov",
    "a newline": "a\ntouch pwned\n.mov",
    "a newline and a hash": "a #\n# b.mov",
    "a leading dash": "-y.mov",
    "a leading dash and an option": "-i -f.mov",
    "letters outside ASCII": "Töne 音 é.mov",
    "a pattern": "%03d %s %.mov",
    "a colon": "concat:a|b.mov",
    "a star and brackets": "[*]?.mov",
    "a semicolon and an ampersand": "a; touch pwned & b.mov",
    "a tilde": "~root.mov",
    "an exclamation mark": "a!b!!.mov",
    "a carriage return": "a\r.mov",
    "an equals sign": "FFMPEG=x.mov",
}


@pytest.fixture(scope="module")
def oddly_named(source: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a media folder of oddly named sources, and what a script made of them, rooted and absolute."""
    top = tmp_path_factory.mktemp("odd")
    media, proxies = top / "mëdia it's {$x}", top / 'pro"xies }'
    media.mkdir()
    for name in ODD_NAMES.values():
        os.link(source, media / name)
    sources = [f"media:{name}" for name in ODD_NAMES.values()] + [f"{media}/{name}" for name in ODD_NAMES.values()]
    made = planning.plan([probe(source, "a")] * len(sources), sources=sources, naming_template="{{ index }}")
    text = script(made, Path(FFMPEG), {"media": media, "proxies": proxies})
    assert complaints(text) == ""
    done = run(text, top)
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(top.rglob("pwned"))
    return media, proxies / "out"


@pytest.mark.parametrize("number", range(len(ODD_NAMES)), ids=ODD_NAMES)
def test_a_source_of_any_name_is_read_below_a_root_and_by_its_absolute_path(
    number: int, oddly_named: tuple[Path, Path]
) -> None:
    rooted = oddly_named[1] / f"{number:03d}.mov"
    absolute = oddly_named[1] / f"{number + len(ODD_NAMES):03d}.mov"
    assert decoded_frames(rooted) == 5
    assert rooted.stat().st_size == absolute.stat().st_size


@pytest.mark.parametrize(
    "folder", ["it's $(touch pwned)", "-rf", "a\nb", 'a "b" }'], ids=["quote", "dash", "newline", "brace"]
)
def test_an_output_directory_of_any_name_is_made(folder: str, source: Path, tmp_path: Path) -> None:
    made = plan(source, output_directory=f"proxies:{folder}", naming_template="sub folder/{{ index }}")
    text = script(made, Path(FFMPEG), {"proxies": tmp_path / "proxies"})
    assert complaints(text) == ""
    assert run(text, tmp_path).returncode == 0
    assert files(tmp_path / "proxies") == [f"{folder}/sub folder/000.mov"]


def test_a_tag_of_a_source_cannot_end_its_comment(tmp_path: Path, proxies: Path) -> None:
    reel = "A\ntouch pwned\n#"
    file = clip(tmp_path / "a.mkv", seconds=0.2, extra=("-metadata:s:v:0", f"reel_name={reel}"))
    made = plan(file, codec="h264", container="mp4")
    assert "reel" in made.outputs[0].losses[0]
    text = script(made, Path(FFMPEG), {"proxies": proxies})
    assert complaints(text) == ""
    assert run(text, tmp_path).returncode == 0


def test_a_reel_with_quotes_arrives_as_it_is(tmp_path: Path, proxies: Path) -> None:
    reel = 'it\'s "A" $1 `id`'
    extra = ("-timecode", "01:00:00:00", "-metadata:s:v:0", f"reel_name={reel}")
    made = plan(clip(tmp_path / "a.mov", seconds=0.2, extra=extra))
    text = script(made, Path(FFMPEG), {"proxies": proxies})
    assert complaints(text) == ""
    assert run(text, tmp_path).returncode == 0
    assert probe(proxies / "out" / "000.mov", "made").reel == reel


# Never overwrites.


def test_a_file_that_stands_there_is_left_alone_named_and_the_others_are_made(
    source: Path, tmp_path: Path, proxies: Path
) -> None:
    text = script(plan(source, clip(tmp_path / "b.mov", seconds=0.2)), Path(FFMPEG), {"proxies": proxies})
    foreign = proxies / "out" / "000.mov"
    foreign.parent.mkdir()
    foreign.write_bytes(b"not ours")
    done = run(text, tmp_path)
    assert done.returncode == 3
    assert f"left alone, it is there already: {foreign}" in done.stderr
    assert foreign.read_bytes() == b"not ours"
    assert decoded_frames(proxies / "out" / "001.mov") == 5


def test_a_link_that_leads_nowhere_is_something_that_stands_there(source: Path, tmp_path: Path, proxies: Path) -> None:
    (proxies / "out").mkdir()
    (proxies / "out" / "000.mov").symlink_to(tmp_path / "nowhere.mov")
    done = run(script(plan(source), Path(FFMPEG), {"proxies": proxies}), tmp_path)
    assert done.returncode == 3
    assert not (tmp_path / "nowhere.mov").exists()
    assert (proxies / "out" / "000.mov").is_symlink()


def test_a_second_run_of_the_script_makes_nothing_and_exits_with_3(source: Path, tmp_path: Path, proxies: Path) -> None:
    text = script(plan(source), Path(FFMPEG), {"proxies": proxies})
    assert run(text, tmp_path).returncode == 0
    made = proxies / "out" / "000.mov"
    before = made.stat()
    assert run(text, tmp_path).returncode == 3
    assert (made.stat().st_mtime_ns, made.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], str]:
    """Return a maker of programs that start the real FFmpeg with something happening before or after."""

    def make(body: str) -> str:
        file = tmp_path / "wrapper"
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)
        return str(file)

    return make


def test_a_file_that_appears_while_it_encodes_is_not_replaced(
    source: Path, tmp_path: Path, proxies: Path, program: Callable[[str], str]
) -> None:
    final = proxies / "out" / "000.mov"
    wrapper = program(f"'{FFMPEG}' \"$@\" && echo theirs >'{final}'")
    done = run(script(plan(source), Path(wrapper), {"proxies": proxies}), tmp_path)
    assert done.returncode == 4
    assert f"something else took its place meanwhile: {final}" in done.stderr
    assert final.read_text() == "theirs\n"
    assert files(proxies) == ["out/000.mov"]


# Stops on errors.


def nothing_is_left(proxies: Path) -> bool:
    work = proxies / "out" / ".jobspec" / "work"
    return files(proxies) == [] and not (work.exists() and list(work.iterdir()))


def test_the_first_failure_stops_the_script_and_leaves_no_partial_file(
    source: Path, tmp_path: Path, proxies: Path
) -> None:
    broken = clip(tmp_path / "b.mov", seconds=1)
    last = clip(tmp_path / "c.mov", seconds=0.2)
    text = script(plan(source, broken, last), Path(FFMPEG), {"proxies": proxies})
    broken.write_bytes(broken.read_bytes()[:9000])
    done = run(text, tmp_path)
    assert done.returncode == 4
    assert f"FFmpeg failed: {proxies}/out/001.mov" in done.stderr
    assert "moov atom not found" in done.stderr
    assert files(proxies) == ["out/000.mov"]
    assert not list((proxies / "out" / ".jobspec" / "work").iterdir())


def test_a_source_that_is_gone_is_a_failure(tmp_path: Path, proxies: Path) -> None:
    file = clip(tmp_path / "a.mov", seconds=0.2)
    text = script(plan(file), Path(FFMPEG), {"proxies": proxies})
    file.unlink()
    done = run(text, tmp_path)
    assert done.returncode == 4
    assert "No such file" in done.stderr
    assert nothing_is_left(proxies)


def test_a_source_with_fewer_frames_than_planned_is_a_failure(tmp_path: Path, proxies: Path) -> None:
    file = clip(tmp_path / "a.mov", seconds=0.4)
    text = script(plan(file), Path(FFMPEG), {"proxies": proxies})
    clip(file, seconds=0.2)
    done = run(text, tmp_path)
    assert done.returncode == 4
    assert "5 frames instead of 10" in done.stderr
    assert nothing_is_left(proxies)


def test_an_ffmpeg_that_complains_is_not_trusted_although_it_exits_with_0(
    source: Path, tmp_path: Path, proxies: Path, program: Callable[[str], str]
) -> None:
    wrapper = program(f"'{FFMPEG}' \"$@\"; echo 'corrupt something' >&2")
    done = run(script(plan(source), Path(wrapper), {"proxies": proxies}), tmp_path)
    assert done.returncode == 4
    assert "corrupt something" in done.stderr
    assert "FFmpeg complained, so the output is not trusted" in done.stderr
    assert nothing_is_left(proxies)


def test_an_ffmpeg_that_is_not_there_is_a_failure(source: Path, tmp_path: Path, proxies: Path) -> None:
    done = run(script(plan(source), Path("/nowhere/ffmpeg"), {"proxies": proxies}), tmp_path)
    assert done.returncode == 4
    assert "/nowhere/ffmpeg" in done.stderr
    assert nothing_is_left(proxies)


def test_an_output_that_cannot_be_moved_to_its_name_is_a_failure_like_any_other(
    source: Path, tmp_path: Path, proxies: Path, program: Callable[[str], str]
) -> None:
    wrapper = program(f"'{FFMPEG}' \"$@\" && rmdir '{proxies}/out/sub'")
    made = plan(source, naming_template="sub/{{ index }}")
    done = run(script(made, Path(wrapper), {"proxies": proxies}), tmp_path)
    assert done.returncode == 4
    assert "sub/000.mov" in done.stderr
    assert nothing_is_left(proxies)


def test_a_folder_that_cannot_be_made_is_a_failure(source: Path, tmp_path: Path, proxies: Path) -> None:
    (proxies / "out").write_text("a file where a folder should be")
    done = run(script(plan(source), Path(FFMPEG), {"proxies": proxies}), tmp_path)
    assert done.returncode == 4
    assert f"no folder for {proxies}/out/000.mov" in done.stderr


def test_a_root_without_a_mount_is_asked_for_by_name_before_anything_is_made(source: Path, tmp_path: Path) -> None:
    text = script(plan(source), Path(FFMPEG), {})
    assert complaints(text) == ""
    done = run(text, tmp_path)
    assert done.returncode != 0
    assert "ROOT_PROXIES: say where the root proxies is mounted" in done.stderr
    mounted = run(text, tmp_path, {"ROOT_PROXIES": str(tmp_path / "given")})
    assert mounted.returncode == 0
    assert files(tmp_path / "given") == ["out/000.mov"]


def test_a_root_may_be_mounted_elsewhere_than_by_default(source: Path, tmp_path: Path, proxies: Path) -> None:
    text = script(plan(source), Path(FFMPEG), {"proxies": proxies})
    assert run(text, tmp_path, {"ROOT_PROXIES": f"{tmp_path}/my other"}).returncode == 0
    assert files(proxies) == []
    assert files(tmp_path / "my other") == ["out/000.mov"]


def test_ctrl_c_ends_the_script_with_130_and_leaves_nothing(
    tmp_path: Path, proxies: Path, program: Callable[[str], str]
) -> None:
    file = clip(tmp_path / "a.mov", seconds=20, size="64x64")
    slow = program(f"exec '{FFMPEG}' -re \"$@\"")
    (tmp_path / "plan.sh").write_text(script(plan(file), Path(slow), {"proxies": proxies}))
    child = subprocess.Popen(
        [DASH, str(tmp_path / "plan.sh")],
        env={},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + 30
        while not list(proxies.rglob("output.mov")) and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(child.pid, signal.SIGINT)
        child.communicate(timeout=30)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
    assert child.returncode == 130
    assert nothing_is_left(proxies)


def test_a_report_that_the_environment_asks_ffmpeg_for_is_not_written(
    source: Path, tmp_path: Path, proxies: Path
) -> None:
    report = tmp_path / "report.log"
    text = script(plan(source), Path(FFMPEG), {"proxies": proxies})
    assert run(text, tmp_path, {"FFREPORT": f"file={report}:level=32"}).returncode == 0
    assert not report.exists()


def test_the_number_of_threads_may_be_given_and_changes_no_stream(source: Path, tmp_path: Path, proxies: Path) -> None:
    text = script(plan(source, codec="dnxhr_lb"), Path(FFMPEG), {"proxies": proxies})
    assert run(text, tmp_path, {"THREADS": "1"}).returncode == 0
    assert run(text, tmp_path, {"THREADS": "3", "ROOT_PROXIES": str(tmp_path / "three")}).returncode == 0
    one, three = (folder / "out" / "000.mov" for folder in (proxies, tmp_path / "three"))
    assert streamhash(one) == streamhash(three)


def test_the_sources_are_as_they_were(source: Path, tmp_path: Path, proxies: Path) -> None:
    before = ffmpeg("-i", f"file:{source}", "-c", "copy", "-f", "streamhash", "-"), source.stat().st_mtime_ns
    assert run(script(plan(source), Path(FFMPEG), {"proxies": proxies}), tmp_path).returncode == 0
    assert (ffmpeg("-i", f"file:{source}", "-c", "copy", "-f", "streamhash", "-"), source.stat().st_mtime_ns) == before


def test_the_script_tolerates_what_a_run_tolerates(
    source: Path, tmp_path: Path, proxies: Path, program: Callable[[str], str]
) -> None:
    said = "[h264 @ 0x55] co located\\n    Last message repeated 3 times\\n[h264 @ 0x66] co located"
    wrapper = program(f"'{FFMPEG}' \"$@\"; printf '{said}' >&2")
    made = plan(source)
    for patterns, status in ((("[h264 @ *] co located",), 0), (("co located",), 0), (("0x55",), 4), (("[hx]264",), 4)):
        shutil.rmtree(proxies, ignore_errors=True)
        outputs = tuple(replace(each, tolerates=patterns) for each in made.outputs)
        text = script(replace(made, outputs=outputs), Path(wrapper), {"proxies": proxies})
        assert (run(text, tmp_path).returncode, complaints(text)) == (status, "")
