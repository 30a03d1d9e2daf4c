"""`jobspec diff` as a reviewer and as CI start it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.review.teams import Team, environment, git, project, team

# Lets no media be opened, PyAV not be imported, and no process be started but git.
GUARDED = """\
import os, sys

def guard(event, arguments):
    if event == "import" and arguments[0].split(".")[0] in ("av", "imageio_ffmpeg"):
        raise SystemExit(f"imported {arguments[0]}")
    if event == "subprocess.Popen" and os.path.basename(os.fsdecode(arguments[0])) != "git":
        raise SystemExit(f"started {arguments[0]}")
    if event in ("os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "socket.connect"):
        raise SystemExit(event)
    if event == "open" and str(arguments[0]).endswith((".mov", ".mp4", ".mxf")):
        raise SystemExit(f"opened {arguments[0]}")

sys.addaudithook(guard)
from runner.cli import main
main()
"""


@pytest.fixture
def day(tmp_path: Path) -> Team:
    """On main a locked spec of two clips; on this branch its resolution is another, committed."""
    found = team(tmp_path / "repo")
    found.locked()
    found.commit("the first day")
    found.branch()
    found.spec(resolution="quarter")
    found.commit("smaller")
    return found


def jobspec(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None, start: tuple[str, ...] = ("-m", "runner")
) -> "subprocess.CompletedProcess[str]":
    """Run the command as a process, its roots mounted nowhere, and return what it said as UTF-8."""
    home = environment(folder.parent)
    return subprocess.run(
        [sys.executable, *start, *arguments],
        cwd=folder,
        env={"PATH": home["PATH"], "HOME": home["HOME"], **(env or {})},
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


def changes(done: "subprocess.CompletedProcess[str]") -> dict[str, int]:
    """Return how many outputs there are of each kind that there is, from JSON."""
    assert done.stdout, done.stderr
    return {kind: count for kind, count in json.loads(done.stdout)["counts"].items() if count}


def test_a_reviewer_sees_the_cause_the_cost_and_every_output(day: Team) -> None:
    done = jobspec(day.top, "diff", "main")
    assert (done.returncode, done.stderr) == (0, "")
    first, _, cause, cost, *rest = done.stdout.splitlines()
    assert first == "2 re-encoded, 0 unchanged"
    assert cause == "specs/day.yaml:6 resolution half → quarter: 1 job, 2 outputs (2 re-encoded)"
    assert cost.startswith("  to make: 2 outputs, 8 s of picture, about ")
    assert "    re-encoded proxies:out/a.mov: picture height 540 → 270; picture width 960 → 480" in rest


def test_no_media_is_opened_and_nothing_started_but_git(day: Team) -> None:
    done = jobspec(day.top, "diff", "main", "--format", "json", start=("-c", GUARDED))
    assert changes(done) == {"re-encoded": 2}


def test_the_guard_of_that_test_stops_what_it_shall(day: Team) -> None:
    done = jobspec(day.top, start=("-c", GUARDED.replace("main()", "import av")))
    assert done.stderr == "imported av\n"
    started = "import subprocess; subprocess.run(['ls'])"
    assert jobspec(day.top, start=("-c", GUARDED.replace("main()", started))).stderr == "started ls\n"


# Formats.


def test_markdown_is_one_comment(day: Team) -> None:
    done = jobspec(day.top, "diff", "main", "--format", "markdown")
    assert done.returncode == 0
    assert done.stdout.startswith("<!-- jobspec-diff -->\n## jobspec: 2 re-encoded, 0 unchanged\n")


def test_the_digest_at_the_foot_is_that_of_the_plan_that_merging_gives(day: Team) -> None:
    digest = jobspec(day.top, "plan", "--locked").stderr.strip()
    assert digest.startswith("sha256:")
    for form in ("text", "markdown", "json"):
        assert digest in jobspec(day.top, "diff", "main", "--format", form).stdout


def test_a_file_may_be_named_for_what_is_written(day: Team, tmp_path: Path) -> None:
    file = tmp_path / "comment.md"
    done = jobspec(day.top, "diff", "main", "--format", "markdown", "-o", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert file.read_text(encoding="utf-8").startswith("<!-- jobspec-diff -->")


def test_a_file_that_cannot_be_written_is_wrong_usage_and_no_bug(day: Team) -> None:
    done = jobspec(day.top, "diff", "main", "-o", "no/such/folder.md")
    assert done.returncode == 64
    assert done.stderr == "JS100: no/such/folder.md cannot be written: No such file or directory\n"


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_every_locale_gets_the_same_bytes(day: Team, form: str) -> None:
    plain = jobspec(day.top, "diff", "main", "--format", form)
    other = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}
    assert jobspec(day.top, "diff", "main", "--format", form, env=other).stdout == plain.stdout


# Exit codes.


def test_changes_exit_with_two_only_when_asked_for(day: Team) -> None:
    assert jobspec(day.top, "diff", "main").returncode == 0
    assert jobspec(day.top, "diff", "main", "--detailed-exitcode").returncode == 2
    assert jobspec(day.top, "diff", "HEAD", "--detailed-exitcode").returncode == 0


def test_a_changed_spec_without_a_lock_is_a_change_that_is_named(day: Team) -> None:
    day.spec("open.yaml", output_directory="proxies:open")
    done = jobspec(day.top, "diff", "HEAD", "--detailed-exitcode")
    assert done.returncode == 2
    assert "specs/open.yaml changed and has no lock: what it makes cannot be told without media\n" in done.stdout


def test_a_lock_that_goes_is_a_change(day: Team) -> None:
    (day.top / "specs" / "day.lock.jsonl").unlink()
    done = jobspec(day.top, "diff", "HEAD", "--detailed-exitcode")
    assert (done.returncode, done.stdout.splitlines()[0]) == (2, "no changes, 0 unchanged, 2 that cannot be told")


def test_an_invalid_spec_is_named_with_its_place_and_the_rest_is_still_shown(day: Team) -> None:
    day.spec("bad.yaml", codec="prores_proxi", output_directory="proxies:bad")
    done = jobspec(day.top, "diff", "main", "--detailed-exitcode")
    assert done.returncode == 1
    assert 'specs/bad.yaml:4:8: JS020 codec: "prores_proxi" is not a codec; did you mean "prores_proxy"?' in done.stdout
    assert "specs/day.yaml:6 resolution half → quarter: 1 job, 2 outputs" in done.stdout


def test_a_glob_without_a_lock_exits_with_three(day: Team) -> None:
    day.spec("night.yaml", sources="[{glob: 'media:*.mxf'}]", output_directory="proxies:night")
    done = jobspec(day.top, "diff", "main")
    assert done.returncode == 3
    assert "run `jobspec lock specs/night.yaml`" in done.stdout


def test_a_repository_without_a_spec_on_either_side_is_not_one_without_changes(tmp_path: Path) -> None:
    empty = team(tmp_path / "repo")
    done = jobspec(empty.top, "diff", "main")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("JS009 specs: holds no spec")


# Revisions.


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("nothing",), id="unknown"),
        pytest.param(("main", "nothing"), id="unknown HEAD"),
        pytest.param(("--", "-x"), id="beginning with a dash"),
        pytest.param(("--", "--output=/tmp/x"), id="an option of git"),
        pytest.param(("main", "--", "--all"), id="an option of git as HEAD"),
        pytest.param(("",), id="empty"),
        pytest.param(("main", ""), id="empty HEAD, as an unset variable leaves it"),
        pytest.param(("main..HEAD",), id="a range"),
    ],
)
def test_what_names_no_commit_is_wrong_usage(day: Team, arguments: tuple[str, ...]) -> None:
    done = jobspec(day.top, "diff", *arguments)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.endswith("names no commit of this clone; fetch it, or check the spelling\n")


def test_a_folder_in_no_git_repository_is_wrong_usage(tmp_path: Path) -> None:
    done = jobspec(tmp_path, "diff", "main")
    assert (done.returncode, done.stderr) == (64, f"JS100: {tmp_path} is in no git repository\n")


def test_a_shallow_clone_is_told_the_command_that_mends_it(day: Team, tmp_path: Path) -> None:
    day.git("switch", "--quiet", "main")
    day.commit("meanwhile")
    remote = ("--no-single-branch", "--branch", "edit", f"file://{day.top}")
    git(tmp_path, "clone", "--quiet", "--depth", "1", *remote, "shallow")
    done = jobspec(tmp_path / "shallow", "diff", "origin/main")
    assert done.returncode == 64
    assert "this clone is shallow: run `git fetch --unshallow`" in done.stderr
    git(tmp_path / "shallow", "fetch", "--quiet", "--unshallow")
    assert changes(jobspec(tmp_path / "shallow", "diff", "origin/main", "--format", "json")) == {"re-encoded": 2}


def test_a_partial_clone_is_told_so_rather_than_shown_as_if_nothing_had_been_there(day: Team, tmp_path: Path) -> None:
    day.git("config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", "--branch", "edit", f"file://{day.top}", "partial")
    done = jobspec(tmp_path / "partial", "diff", "origin/main", "--format", "json")
    assert (done.returncode, done.stdout) == (64, "")
    assert "get all with `git fetch --refetch --no-filter`" in done.stderr
    git(tmp_path / "partial", "fetch", "--quiet", "--refetch", "--no-filter")
    assert changes(jobspec(tmp_path / "partial", "diff", "origin/main", "--format", "json")) == {"re-encoded": 2}


# Where it is started.


def test_it_works_from_any_folder_of_the_repository(day: Team) -> None:
    plain = jobspec(day.top, "diff", "main").stdout
    assert jobspec(day.top / "specs", "diff", "main").stdout == plain


def test_a_project_in_a_folder_of_git_is_a_project_of_its_own(day: Team) -> None:
    inner = project(day.top / "film")
    inner.locked("film.yaml")
    done = jobspec(inner.top, "diff", "HEAD")
    assert "specs/film.yaml new spec: 1 job, 2 outputs (2 added)" in done.stdout
    assert "no changes" in jobspec(day.top, "diff", "HEAD").stdout


@pytest.mark.parametrize("inside", [False, True], ids=["on its own", "inside another repository"])
def test_a_bare_clone_has_no_work_tree_and_needs_none(day: Team, tmp_path: Path, inside: bool) -> None:
    folder = team(tmp_path / "other").top if inside else tmp_path
    git(folder, "clone", "--quiet", "--bare", str(day.top), "bare.git")
    bare = folder / "bare.git"
    assert changes(jobspec(bare, "diff", "main", "edit", "--format", "json")) == {"re-encoded": 2}
    assert changes(jobspec(bare, "diff", "main", "--format", "json")) == {"re-encoded": 2}
    assert changes(jobspec(bare, "diff", "edit", "main", "--format", "json")) == {"unchanged": 2}


def test_a_bare_clone_finds_the_one_project_below_its_top(tmp_path: Path) -> None:
    top = team(tmp_path / "repo")
    (top.top / "jobspec.toml").unlink()
    inner = project(top.top / "film")
    inner.locked()
    top.commit()
    git(tmp_path, "clone", "--quiet", "--bare", str(top.top), "bare.git")
    done = jobspec(tmp_path / "bare.git", "diff", "main~1", "main", "--format", "json")
    assert changes(done) == {"added": 2}


def test_variables_that_a_hook_of_git_sets_do_not_mislead_it(day: Team, tmp_path: Path) -> None:
    other = team(tmp_path / "other").top
    misleading = {"GIT_DIR": f"{other}/.git", "GIT_WORK_TREE": str(other), "GIT_INDEX_FILE": f"{other}/.git/index"}
    assert changes(jobspec(day.top, "diff", "main", "--format", "json", env=misleading)) == {"re-encoded": 2}


def test_the_work_tree_is_as_it_was(day: Team) -> None:
    day.spec(codec="h264")
    day.write("new.txt", "x")

    def state() -> tuple[str, dict[str, int]]:
        files = [Path(folder, name) for folder, _, names in os.walk(day.top) for name in names]
        status = day.git("--no-optional-locks", "status", "--porcelain", "--ignored")
        return status, {str(file): file.stat().st_mtime_ns for file in files}

    before = state()
    assert jobspec(day.top, "diff", "main").returncode == 0
    assert jobspec(day.top, "diff", "main", "edit").returncode == 0
    assert state() == before
