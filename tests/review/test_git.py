"""A git revision as a tree: read from git's objects alone, whatever a repository or environment would have git do."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.errors import Exit, JobspecError
from runner.review.git import Clone, GitTree, at_project, clone_of
from tests.review.teams import Team, git, project, team


@pytest.fixture
def repo(tmp_path: Path) -> Team:
    return team(tmp_path / "repo")


def tree(found: Team, revision: str = "HEAD") -> GitTree:
    clone = clone_of(found.top)
    return GitTree(clone, clone.commit(revision))


def refusal(caught: "pytest.ExceptionInfo[JobspecError]") -> tuple[int, str]:
    return caught.value.exit, str(caught.value)


# What a tree answers.


def test_a_file_is_read_as_it_was_committed_not_as_it_lies_on_disk(repo: Team) -> None:
    repo.write("specs/day.yaml", "committed")
    repo.commit()
    repo.write("specs/day.yaml", "edited")
    with tree(repo) as found:
        assert found.read("specs/day.yaml", 100) == b"committed"


def test_a_file_is_read_up_to_one_byte_more_than_asked_for_and_the_next_one_whole(repo: Team) -> None:
    repo.write("long", "x" * 5_000_000)
    repo.write("short", "abc")
    repo.write("empty", "")
    repo.commit()
    with tree(repo) as found:
        assert found.read("long", 10) == b"x" * 11
        assert found.read("short", 10) == b"abc"
        assert found.read("empty", 10) == b""
        assert len(found.read("long", 1 << 26)) == 5_000_000


def test_folders_are_listed_as_the_work_tree_lists_them(repo: Team) -> None:
    for name in ("specs/b.yaml", "specs/a/c.yaml", "specs/ä.yaml", "specs/Z.yaml"):
        repo.write(name, "x")
    repo.commit()
    with tree(repo) as found:
        assert found.list("specs") == ("Z.yaml", "a/", "b.yaml", "ä.yaml")
        assert found.list("") == ("jobspec.toml", "specs/")


@pytest.mark.parametrize("path", ["nothing.yaml", "specs", "specs/../specs/day.yaml", "/etc/passwd", ""])
def test_what_is_no_file_of_the_commit_is_not_found(repo: Team, path: str) -> None:
    repo.write("specs/day.yaml", "x")
    repo.commit()
    with tree(repo) as found, pytest.raises(FileNotFoundError):
        found.read(path, 10)


def test_a_folder_that_the_commit_has_not_is_not_found(repo: Team) -> None:
    with tree(repo) as found, pytest.raises(FileNotFoundError):
        found.list("specs")


def test_names_that_git_would_quote_are_read_like_any_other(repo: Team) -> None:
    odd = ('a "b".yaml', "tab\there", "line\nend", "übung.yaml", "[x]*?.yaml", "-rf", ":(top)x")
    for number, name in enumerate(odd):
        repo.write(f"specs/{name}", str(number))
    repo.commit()
    with tree(repo) as found:
        assert found.list("specs") == tuple(sorted(odd))
        assert [found.read(f"specs/{name}", 10) for name in odd] == [str(number).encode() for number in range(len(odd))]


def test_a_link_in_a_revision_is_neither_followed_nor_listed(repo: Team, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("secret")
    repo.write("specs/real.yaml", "real")
    (repo.top / "specs" / "out.yaml").symlink_to(tmp_path / "secret.yaml")
    (repo.top / "specs" / "in.yaml").symlink_to("real.yaml")
    (repo.top / "more").symlink_to("specs")
    repo.commit()
    with tree(repo) as found:
        assert found.list("specs") == ("real.yaml",)
        assert "more" not in found.list("")
        for path in ("specs/out.yaml", "specs/in.yaml", "more/real.yaml"):
            with pytest.raises(FileNotFoundError):
                found.read(path, 100)


def test_a_submodule_is_no_folder_of_the_revision(repo: Team, tmp_path: Path) -> None:
    other = team(tmp_path / "other")
    git(repo.top, "submodule", "--quiet", "add", str(other.top), "specs")
    repo.commit()
    with tree(repo) as found:
        assert found.list("") == (".gitmodules", "jobspec.toml")


# Where the project lies.


def test_a_project_in_a_folder_of_a_clone_sees_its_own_files_alone(tmp_path: Path) -> None:
    top = team(tmp_path / "repo")
    inner = project(top.top / "teams" / "ours")
    inner.write("specs/day.yaml", "ours")
    top.write("teams/theirs/specs/day.yaml", "theirs")
    top.commit()
    clone = clone_of(inner.top)
    assert clone == Clone(top.top, "teams/ours")
    with GitTree(clone, clone.commit("HEAD")) as found:
        assert found.list("") == ("jobspec.toml", "specs/")
        assert found.read("specs/day.yaml", 10) == b"ours"


def test_a_clone_that_is_reached_by_a_link_is_the_same_clone(repo: Team, tmp_path: Path) -> None:
    project(repo.top / "inner")
    (tmp_path / "link").symlink_to(repo.top / "inner")
    assert clone_of(tmp_path / "link").prefix == "inner"


def test_a_bare_clone_is_one_without_a_work_tree(repo: Team, tmp_path: Path) -> None:
    repo.write("specs/day.yaml", "x")
    repo.commit()
    git(tmp_path, "clone", "--quiet", "--bare", str(repo.top), "bare.git")
    clone = clone_of(tmp_path / "bare.git")
    assert clone == Clone(tmp_path / "bare.git", bare=True)
    with GitTree(clone, clone.commit("main")) as found:
        assert found.read("specs/day.yaml", 10) == b"x"


def test_the_one_project_of_a_bare_clone_is_found_below_its_top(tmp_path: Path) -> None:
    top = team(tmp_path / "repo")
    (top.top / "jobspec.toml").unlink()
    project(top.top / "film" / "proxies")
    top.commit()
    git(tmp_path, "clone", "--quiet", "--bare", str(top.top), "bare.git")
    clone = clone_of(tmp_path / "bare.git")
    assert at_project(clone, clone.commit("main")).prefix == "film/proxies"


def test_several_projects_in_a_bare_clone_are_named_rather_than_guessed_at(tmp_path: Path) -> None:
    top = team(tmp_path / "repo")
    (top.top / "jobspec.toml").unlink()
    project(top.top / "film")
    project(top.top / "advert")
    top.commit()
    git(tmp_path, "clone", "--quiet", "--bare", str(top.top), "bare.git")
    clone = clone_of(tmp_path / "bare.git")
    with pytest.raises(JobspecError) as caught:
        at_project(clone, clone.commit("main"))
    assert caught.value.exit is Exit.USAGE
    assert "has several projects (advert, film)" in str(caught.value)


def test_a_linked_work_tree_is_a_clone_too(repo: Team, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    assert clone_of(tmp_path / "linked") == Clone(tmp_path / "linked")


def test_a_folder_in_no_repository_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(JobspecError) as caught:
        clone_of(tmp_path)
    assert refusal(caught) == (Exit.USAGE, f"JS100: {tmp_path} is in no git repository")


def test_what_git_has_against_a_repository_is_said(repo: Team) -> None:
    shutil.rmtree(repo.top / ".git")
    repo.write(".git", "no file that git knows")
    with pytest.raises(JobspecError) as caught:
        clone_of(repo.top)
    assert refusal(caught) == (Exit.USAGE, f"JS100: {repo.top}: invalid gitfile format: {repo.top}/.git")


def test_without_git_it_is_said_that_git_is_lacking(repo: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(JobspecError) as caught:
        clone_of(repo.top)
    assert refusal(caught) == (Exit.USAGE, "JS100: git cannot be started: No such file or directory")


# Revisions.


@pytest.mark.parametrize("revision", ["main", "HEAD", "v1", "annotated", "HEAD^{commit}", "refs/heads/main"])
def test_a_revision_is_whatever_git_takes_for_a_commit(repo: Team, revision: str) -> None:
    wanted = repo.commit()
    repo.git("tag", "v1")
    repo.git("tag", "--annotate", "--message", "x", "annotated")
    assert clone_of(repo.top).commit(revision) == wanted


@pytest.mark.parametrize(
    "revision",
    [
        pytest.param("nothing", id="unknown"),
        pytest.param("", id="empty"),
        pytest.param("-1", id="beginning with a dash"),
        pytest.param("--git-dir=/etc", id="an option"),
        pytest.param("--all", id="an option that names commits"),
        pytest.param("^main", id="all but a branch"),
        pytest.param("main..HEAD", id="a range"),
        pytest.param("main^{tree}", id="a tree"),
        pytest.param("main:jobspec.toml", id="a file"),
        pytest.param("main\nmain", id="two lines"),
        pytest.param("a" * 5000, id="overlong"),
    ],
)
def test_what_names_no_commit_is_wrong_usage(repo: Team, revision: str) -> None:
    with pytest.raises(JobspecError) as caught:
        clone_of(repo.top).commit(revision)
    code, words = refusal(caught)
    assert code == Exit.USAGE
    assert words.endswith("names no commit of this clone; fetch it, or check the spelling")


def test_a_file_of_the_name_does_not_make_a_branch_ambiguous(repo: Team) -> None:
    repo.write("main", "x")
    repo.commit()
    assert clone_of(repo.top).commit("main") == repo.git("rev-parse", "HEAD")


def test_the_merge_base_is_where_two_branches_parted(repo: Team) -> None:
    parted = repo.commit("parted")
    repo.branch("edit")
    repo.commit("here")
    repo.git("switch", "--quiet", "main")
    repo.commit("there")
    assert clone_of(repo.top).merge_base("main", "edit") == parted


def test_branches_of_two_histories_have_no_merge_base(repo: Team) -> None:
    repo.git("switch", "--quiet", "--orphan", "other")
    repo.commit("another beginning")
    with pytest.raises(JobspecError) as caught:
        clone_of(repo.top).merge_base("main", "other")
    assert refusal(caught) == (
        Exit.USAGE,
        'JS102: "main" and other have no common ancestor here; their histories never met',
    )


def test_a_shallow_clone_without_merge_base_is_told_the_command_that_mends_it(repo: Team, tmp_path: Path) -> None:
    repo.branch("edit")
    repo.commit("here")
    repo.git("switch", "--quiet", "main")
    repo.commit("there")
    remote = f"file://{repo.top}"
    git(tmp_path, "clone", "--quiet", "--depth", "1", "--no-single-branch", "--branch", "edit", remote, "shallow")
    clone = clone_of(tmp_path / "shallow")
    with pytest.raises(JobspecError) as caught:
        clone.merge_base("origin/main", "HEAD")
    code, words = refusal(caught)
    assert code == Exit.USAGE
    assert words.endswith("no common ancestor here; this clone is shallow: run `git fetch --unshallow`")
    git(tmp_path / "shallow", "fetch", "--quiet", "--unshallow")
    assert clone.merge_base("origin/main", "HEAD") == repo.git("merge-base", "main", "edit")


# What a repository or an environment would have git do.


@pytest.fixture
def partial(repo: Team, tmp_path: Path) -> Iterator[Path]:
    """A clone of two commits that has the files of the later one alone, next to a remote that would give the rest."""
    repo.write("specs/day.yaml", "first")
    repo.commit("first")
    repo.write("specs/day.yaml", "second")
    repo.commit("second")
    repo.git("config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", f"file://{repo.top}", "partial")
    yield tmp_path / "partial"


def missing(clone: Path) -> list[str]:
    listed = git(clone, "rev-list", "--objects", "--missing=print", "--all").splitlines()
    return [line for line in listed if line.startswith("?")]


@pytest.mark.parametrize("allowed", [False, True], ids=["by default", "though its configuration allows the protocol"])
def test_a_partial_clone_never_fetches_and_says_what_would(partial: Path, allowed: bool) -> None:
    if allowed:
        git(partial, "config", "protocol.file.allow", "always")
    lacking = missing(partial)
    assert lacking
    clone = clone_of(partial)
    with GitTree(clone, clone.commit("HEAD^")) as found, pytest.raises(JobspecError) as caught:
        found.read("specs/day.yaml", 100)
    assert missing(partial) == lacking
    assert refusal(caught) == (
        Exit.USAGE,
        f"JS104: specs/day.yaml of commit {clone.commit('HEAD^')[:12]} is not in this clone, as in a partial one; "
        "get all with `git fetch --refetch --no-filter`",
    )
    with GitTree(clone, clone.commit("HEAD")) as found:
        assert found.read("specs/day.yaml", 100) == b"second"


def test_a_partial_clone_says_so_of_every_file_that_it_lacks(partial: Path) -> None:
    clone = clone_of(partial)
    with GitTree(clone, clone.commit("HEAD^")) as found:
        for _ in range(3):  # git ends at the first: it must not be a broken pipe that the others meet
            with pytest.raises(JobspecError, match="as in a partial one"):
                found.read("specs/day.yaml", 100)
            time.sleep(0.05)


def test_the_command_that_a_partial_clone_is_told_mends_it(partial: Path) -> None:
    git(partial, "fetch", "--quiet", "--refetch", "--no-filter")
    clone = clone_of(partial)
    with GitTree(clone, clone.commit("HEAD^")) as found:
        assert found.read("specs/day.yaml", 100) == b"first"


def test_a_clone_without_folders_of_old_commits_is_not_taken_for_an_empty_one(repo: Team, tmp_path: Path) -> None:
    repo.write("specs/day.yaml", "first")
    repo.commit("first")
    repo.write("specs/day.yaml", "second")
    repo.commit("second")
    repo.git("config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--filter=tree:0", f"file://{repo.top}", "treeless")
    clone = clone_of(tmp_path / "treeless")
    with pytest.raises(JobspecError) as caught:
        GitTree(clone, clone.commit("HEAD^"))
    assert caught.value.exit is Exit.USAGE
    assert "git fetch --refetch --no-filter" in str(caught.value)


def trap(folder: Path) -> tuple[str, Path]:
    """Return the path of a program that leaves a trace when anything starts it, and the trace."""
    program, trace = folder / "trap.sh", folder / "trace"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >>"{trace}"\ncat\n', encoding="utf-8")
    program.chmod(0o755)
    return str(program), trace


def test_no_program_that_a_repository_names_is_started(repo: Team, tmp_path: Path) -> None:
    program, trace = trap(tmp_path)
    repo.write(".gitattributes", "*.yaml filter=trap diff=trap text eol=crlf ident\n")
    repo.write("specs/day.yaml", "x")
    first = repo.commit()
    for name in ("post-checkout", "pre-commit", "post-index-change", "fsmonitor-watchman", "reference-transaction"):
        shutil.copy(program, repo.top / ".git" / "hooks" / name)
    for name in ("filter.trap.clean", "filter.trap.smudge", "filter.trap.process", "diff.trap.textconv"):
        repo.git("config", name, program)
    for name in ("diff.trap.command", "core.fsmonitor", "core.pager", "core.sshCommand", "diff.external"):
        repo.git("config", name, program)
    for name in ("credential.helper", "core.alternateRefsCommand", "gpg.program", "core.editor", "core.askPass"):
        repo.git("config", name, program)
    trace.unlink(missing_ok=True)
    clone = clone_of(repo.top)
    with GitTree(clone, clone.merge_base("main", "HEAD")) as found:
        assert found.read("specs/day.yaml", 10) == b"x"
        assert found.list("specs") == ("day.yaml",)
    assert clone.commit("HEAD") == first
    assert not trace.exists()


def test_the_trap_of_that_test_would_be_sprung_by_an_ordinary_git(repo: Team, tmp_path: Path) -> None:
    program, trace = trap(tmp_path)
    repo.write(".gitattributes", "*.yaml filter=trap\n")
    repo.write("specs/day.yaml", "x")
    repo.commit()
    repo.git("config", "filter.trap.smudge", program)
    repo.git("cat-file", "--filters", "HEAD:specs/day.yaml")
    assert trace.exists()


def test_replacement_objects_do_not_change_what_was_committed(repo: Team) -> None:
    repo.write("specs/day.yaml", "real")
    repo.commit()
    real, other = repo.git("rev-parse", "HEAD:specs/day.yaml"), repo.write("other", "replaced")
    repo.git("replace", real, repo.git("hash-object", "-w", str(other)))
    with tree(repo) as found:
        assert found.read("specs/day.yaml", 100) == b"real"


@pytest.mark.parametrize(
    "name",
    [
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_NAMESPACE"),
        *("GIT_CEILING_DIRECTORIES", "GIT_PREFIX", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_CONFIG"),
    ],
)
def test_no_variable_of_the_environment_misleads_it(
    name: str, repo: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("specs/day.yaml", "ours")
    wanted = repo.commit()
    other = team(tmp_path / "other")
    other.write("specs/day.yaml", "theirs")
    other.commit()
    monkeypatch.setenv(name, str(tmp_path if name == "GIT_CEILING_DIRECTORIES" else other.top / ".git"))
    clone = clone_of(repo.top / "specs")
    assert (clone.top, clone.commit("main")) == (repo.top, wanted)
    with GitTree(Clone(clone.top), wanted) as found:
        assert found.read("specs/day.yaml", 10) == b"ours"


def test_configuration_in_the_environment_starts_nothing(
    repo: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, trace = trap(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "alias.ls-tree")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"!{program}")
    monkeypatch.setenv("GIT_EXEC_PATH", str(tmp_path))
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "traced"))
    repo.write("specs/day.yaml", "x")
    repo.commit()
    with tree(repo) as found:
        assert found.read("specs/day.yaml", 10) == b"x"
    assert not trace.exists()
    assert not (tmp_path / "traced").exists()


def test_whatever_is_read_nothing_of_the_clone_is_touched(repo: Team) -> None:
    repo.write("specs/day.yaml", "x")
    repo.commit()
    repo.write("specs/day.yaml", "edited")
    before = state(repo.top)
    clone = clone_of(repo.top)
    with GitTree(clone, clone.merge_base("main", "HEAD")) as found:
        found.read("specs/day.yaml", 10)
    assert state(repo.top) == before


def state(top: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of every file below a folder, git's own included."""
    files = (Path(folder, name) for folder, _, names in os.walk(top) for name in names)
    return {str(file): (file.lstat().st_size, file.lstat().st_mtime_ns) for file in files}


# In a process of its own, whose only children are the ones that it starts here.
WAITED = """\
import os, sys
from pathlib import Path
from runner.review.git import GitTree, clone_of

clone = clone_of(Path(sys.argv[1]))
with GitTree(clone, clone.commit("HEAD")) as found:
    found.read("specs/day.yaml", 10)
    print("one runs" if os.waitpid(-1, os.WNOHANG) == (0, 0) else "one ended")
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("none is left")
"""


def test_no_git_is_left_running(repo: Team) -> None:
    repo.write("specs/day.yaml", "x")
    repo.commit()
    done = subprocess.run([sys.executable, "-c", WAITED, str(repo.top)], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("one runs\nnone is left\n", "")
