"""jobspec.toml, the same on every machine; and the mounts, which are each machine's own."""

from pathlib import Path

import pytest

from runner import JobSpecValidationError
from runner.spec.location import parse_location
from runner.spec.project import Project, Root, mounts_here, read_project, undeclared, user_configuration
from runner.spec.tree import WorkTree
from tests.spec.given import lines


def project(top: Path, text: str | bytes) -> Project:
    (top / "jobspec.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_project(WorkTree(top))


def refused(top: Path, text: str | bytes) -> list[str]:
    with pytest.raises(JobSpecValidationError) as caught:
        project(top, text)
    return lines(caught.value.problems)


def test_roots_toolchain_and_state_folder_are_read(tmp_path: Path) -> None:
    text = """
        state_directory = "proxies:.state"
        [roots]
        proxies = "what we make"
        cards = { description = "camera cards", read_only = true }
        [toolchain]
        ffmpeg = "9.0"
        """
    assert project(tmp_path, text) == Project(
        roots=(Root("cards", "camera cards", read_only=True), Root("proxies", "what we make")),
        ffmpeg="9.0",
        state_directory="proxies:.state",
    )


def test_a_repository_without_one_declares_nothing(tmp_path: Path) -> None:
    assert read_project(WorkTree(tmp_path)) == Project()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            '[roots]\nmedia = "x"\n\n[rots]\n',
            'jobspec.toml:4:1: JS010 rots: "rots" is not a field of jobspec.toml; did you mean "roots"?',
            id="a table misspelt",
        ),
        pytest.param(
            '[roots]\nmedia = "x"\nm = "y"\n',
            'jobspec.toml:3:1: JS027 roots.m: "m" is not a place: a root has two or more of A-Z a-z 0-9 _ - and '
            "begins with a letter",
            id="a root of one letter",
        ),
        pytest.param(
            "[toolchain]\nffmpeg = 9.0\n",
            "jobspec.toml:2:1: JS012 toolchain.ffmpeg: wants text, found a number",
            id="a release line as a number",
        ),
        pytest.param(
            "[roots]\nmedia = \n",
            "jobspec.toml:2:9: JS052: not TOML: Invalid value (at line 2, column 9)",
            id="no TOML",
        ),
        pytest.param("a = " + "[\n" * 5000, "jobspec.toml:1:1: JS052: not TOML: nested too deep", id="brackets"),
        pytest.param(
            b'[roots]\nmedia = "\xe9"\n',
            "jobspec.toml:1:1: JS001: cannot be read: 'utf-8' codec can't decode byte 0xe9 in position 17: "
            "invalid continuation byte",
            id="no UTF-8",
        ),
        pytest.param(
            b"#" * 70_000, "jobspec.toml:1:1: JS001: cannot be read: it has more than 65536 bytes", id="too long"
        ),
    ],
)
def test_a_jobspec_toml_that_is_wrong_says_where(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert refused(tmp_path, text) == [message]


def test_all_its_problems_come_at_once(tmp_path: Path) -> None:
    found = refused(tmp_path, "colour = 1\n[roots]\nx = 5\n[toolchain]\nffmpg = '9.0'\n")
    assert [line.split(": ")[0] for line in found] == [
        "jobspec.toml:1:1",
        *["jobspec.toml:3:1"] * 2,
        "jobspec.toml:5:1",
    ]


def test_a_folder_in_its_place_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "jobspec.toml").mkdir()
    with pytest.raises(JobSpecValidationError, match=r"jobspec\.toml:1:1: JS001: cannot be read: "):
        read_project(WorkTree(tmp_path))


def test_a_root_that_is_not_declared_is_named_with_the_nearest_that_is() -> None:
    declared = Project(roots=(Root("media"), Root("proxies")))
    found = undeclared(parse_location("proxy:out"), declared)
    assert str(found) == (
        'JS050: the root "proxy" is not declared; add it to [roots] in jobspec.toml; did you mean "proxies"?'
    )
    assert undeclared(parse_location("media:a"), declared) is None
    assert undeclared(parse_location("/abs/a"), declared) is None
    assert undeclared(parse_location("relative/a"), declared) is None


@pytest.fixture
def home(tmp_path: Path) -> Path:
    file = tmp_path / "home" / ".config" / "jobspec" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[roots]\nmedia = "/from/file"\ncards = "/cards"\nodd = 5\n', encoding="utf-8")
    return tmp_path / "home"


def test_a_root_is_mounted_by_option_then_environment_then_the_users_file(tmp_path: Path, home: Path) -> None:
    environ = {"HOME": str(home)}
    roots = ("media", "cards", "odd", "nowhere")
    by_file = mounts_here(tmp_path, roots, {}, environ).folders
    assert by_file == {"repo": tmp_path, "media": Path("/from/file"), "cards": Path("/cards")}
    environ["JOBSPEC_ROOT_MEDIA"] = "/from/environment"
    assert mounts_here(tmp_path, roots, {}, environ).folders["media"] == Path("/from/environment")
    by_option = mounts_here(tmp_path, roots, {"media": "/from/option"}, environ).folders
    assert by_option["media"] == Path("/from/option")
    assert by_option["cards"] == Path("/cards")


def test_the_users_file_lies_where_the_desktop_says(tmp_path: Path) -> None:
    assert user_configuration({"HOME": "/home/x"}) == Path("/home/x/.config/jobspec/config.toml")
    assert user_configuration({"HOME": "/home/x", "XDG_CONFIG_HOME": "/c"}) == Path("/c/jobspec/config.toml")


@pytest.mark.parametrize(
    "content", [b"\xff", b"roots = [", b"[roots]\n", b""], ids=["no UTF-8", "no TOML", "empty", "nothing"]
)
def test_a_users_file_that_says_nothing_mounts_nothing(tmp_path: Path, home: Path, content: bytes) -> None:
    user_configuration({"HOME": str(home)}).write_bytes(content)
    assert mounts_here(tmp_path, ("media",), {}, {"HOME": str(home)}).folders == {"repo": tmp_path}


def test_a_relative_mount_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert mounts_here(None, (), {"media": "m"}, {"HOME": "/nowhere"}).folders == {"media": tmp_path / "m"}
