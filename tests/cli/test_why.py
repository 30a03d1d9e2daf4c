"""`jobspec why`: the reasons, in words."""

from pathlib import Path

import pytest

from runner.media.toolchain import identify
from tests.cli.made import fill, made_once
from tests.clips import FFMPEG
from tests.conftest import Repository
from tests.execution.fakes import FAILS, fake


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return made_once(tmp_path_factory.mktemp("once"))


@pytest.fixture
def path(repository: Repository, once: Repository) -> Path:
    """The one output of a plain job, which is made."""
    fill(repository, once)
    return repository.proxies / "out" / "a.mov"


def why(repository: Repository, output: str = "a.mov") -> list[str]:
    done = repository.jobspec("why", output)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_what_is_up_to_date_is_told_by_whom_with_what_and_from_which_plan_it_was_made(
    repository: Repository, path: Path
) -> None:
    state, reason = why(repository)
    plan = next((repository.proxies / "out/.jobspec/plans").glob("*.jsonl")).stem
    (ledger,) = (repository.proxies / "out/.jobspec/ledger").iterdir()
    assert state == "proxies:out/a.mov is done"
    assert f" by {ledger.stem} with {identify(Path(FFMPEG)).version}, " in reason
    assert reason.endswith(f", from plan sha256:{plan}")


@pytest.mark.parametrize(
    "spelling", ["proxies:out/a.mov", "a.mov", "{proxies}/out/a.mov", "../proxies/out/../out/a.mov"]
)
def test_an_output_may_be_named_by_place_name_or_path(repository: Repository, path: Path, spelling: str) -> None:
    assert why(repository, spelling.format(proxies=repository.proxies))[0] == "proxies:out/a.mov is done"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        pytest.param({"codec": "prores_lt"}, ("prores_proxy", "prores_lt"), id="another codec"),
        pytest.param({"resolution": "half"}, ("320", "160", "180", "90"), id="another size"),
        pytest.param({"more": 'fps_explicit: "24"\n', "fps_mode": "explicit"}, ("25", "24"), id="another frame rate"),
    ],
)
def test_an_edit_is_told_as_what_it_was_and_what_it_is_now(
    repository: Repository, path: Path, edit: dict[str, str], words: tuple[str, ...]
) -> None:
    mode = edit.pop("fps_mode", None)
    spec = repository.spec(**edit)  # type: ignore[arg-type]
    if mode:
        spec.write_text(spec.read_text().replace("same-as-source", mode))
    state, *reasons = why(repository)
    assert state == "proxies:out/a.mov is stale"
    for word in words:
        assert word in " ".join(reasons)


def test_a_source_of_other_content_is_told_as_one(repository: Repository, path: Path) -> None:
    repository.clip(tracks=(1,), extra=("-metadata", "title=another"))
    state, *reasons = why(repository)
    assert state == "proxies:out/a.mov is stale"
    assert any("source" in reason for reason in reasons)


def test_another_toolchain_is_told_with_both_lines(repository: Repository, path: Path) -> None:
    repository.write("jobspec.toml", '[roots]\nmedia = "m"\nproxies = "p"\n[toolchain]\nffmpeg = "7.0"\n')
    state, *reasons = why(repository)
    assert state == "proxies:out/a.mov is outdated"
    assert any("9.0" in reason and "7.0" in reason for reason in reasons)


def test_the_parts_are_told_when_the_plan_it_was_made_by_is_gone(repository: Repository, path: Path) -> None:
    for plan in (repository.proxies / "out/.jobspec/plans").iterdir():
        plan.unlink()
    repository.spec(codec="prores_lt")
    assert why(repository) == [
        "proxies:out/a.mov is stale",
        "  picture is to be different (the plan it was made by is gone)",
    ]


def test_what_was_never_made_is_told_as_such(repository: Repository, path: Path) -> None:
    repository.clip("b.mov")
    repository.spec(sources=("media:a.mov", "media:b.mov"))
    assert why(repository, "b.mov") == ["proxies:out/b.mov is missing", "  it was never made"]


def test_a_failure_is_told_with_its_reason_and_a_log_that_is_there(repository: Repository, path: Path) -> None:
    path.unlink()
    repository.jobspec("run", "--ffmpeg", str(fake(repository.top / "ffmpeg", FAILS)))
    state, reason, log = why(repository)
    assert state == "proxies:out/a.mov is failed"
    assert "FFmpeg failed with exit code 7: the card is on fire" in reason
    assert "the card is on fire" in Path(log.removeprefix("  log: ")).read_text()


def test_what_is_not_ours_is_told_as_such(repository: Repository, path: Path) -> None:
    path.write_text("somebody's")
    assert why(repository) == ["proxies:out/a.mov is foreign", "  a file stands there that no record of ours describes"]


def test_an_output_that_nobody_planned_is_wrong_usage(repository: Repository, path: Path) -> None:
    done = repository.jobspec("why", "none.mov")
    assert done.returncode == 64
    assert "no output none.mov is planned; `jobspec status` lists them all" in done.stderr


def test_a_name_that_two_outputs_have_is_wrong_usage(repository: Repository, path: Path) -> None:
    repository.clip("x/b.mov")
    repository.clip("y/b.mov")
    repository.spec(sources=("media:x/b.mov", "media:y/b.mov"), template="{{ source_dir }}/{{ source_name }}")
    done = repository.jobspec("why", "b.mov")
    assert done.returncode == 64
    assert "2 planned outputs are named b.mov" in done.stderr
    assert why(repository, "x/b.mov")[0] == "proxies:out/x/b.mov is missing"


def test_the_spec_may_be_named_too(repository: Repository, path: Path) -> None:
    repository.spec("night.yaml", template="night/{{ source_name }}")
    done = repository.jobspec("why", "a.mov", "specs/day.yaml")
    assert done.stdout.splitlines()[0] == "proxies:out/a.mov is done"
    assert repository.jobspec("why", "a.mov").returncode == 64
