"""A file that is heavier than its profile: good, and told of."""

import json
import shutil
from fractions import Fraction

import pytest

from runner.execution.weight import excess, note
from runner.plan.model import Expectation
from tests.conftest import Repository
from tests.execution.bench import Bench
from tests.execution.test_gate import EXPECTED

GRAIN = ("-vf", "noise=alls=80:allf=t:all_seed=3")


def expecting(target: int | None, channels: tuple[int, ...] = ()) -> Expectation:
    values = {name: getattr(EXPECTED, name) for name in EXPECTED.__struct_fields__}
    rates = (48000,) * len(channels)
    return Expectation(
        **{**values, "seconds": Fraction(2), "target": target} | {"channels": channels, "sample_rates": rates}
    )


@pytest.mark.parametrize(
    ("size", "found"),
    [
        pytest.param(10_000_000, None, id="at the published rate"),
        pytest.param(11_000_000, None, id="at what the search takes"),
        pytest.param(11_000_008, 44_000_032, id="above"),
    ],
)
def test_an_excess_is_what_goes_beyond_a_tenth_more_than_is_published(size: int, found: int | None) -> None:
    assert excess(expecting(40_000_000), size) == found


def test_sound_is_no_weight_of_the_picture() -> None:
    sound = 2 * 16 * 48000 * 3
    assert excess(expecting(40_000_000, (16,)), 11_000_000 + sound) is None
    assert excess(expecting(40_000_000, (16,)), 11_000_008 + sound) == 44_000_032


def test_nothing_is_said_where_nothing_is_published() -> None:
    assert excess(expecting(None), 1 << 40) is None
    assert note(expecting(None), None) is None


def test_a_heavy_file_is_made_and_recorded_with_its_rate(bench: Bench) -> None:
    bench.clip("a.mov", size="720x576", seconds=0.12, extra=GRAIN)
    outcome = bench.make(bench.plan("a.mov"))
    assert outcome.word == "made"
    assert outcome.excess and outcome.excess > 13_200_000
    assert {each.event: each.excess for each in bench.records()} == {
        "started": None,
        "verified": outcome.excess,
        "finished": outcome.excess,
    }


def test_a_calm_file_is_made_without_a_word(bench: Bench) -> None:
    bench.clip()
    outcome = bench.make()
    assert (outcome.word, outcome.excess, outcome.notes) == ("made", None, ())


def test_run_and_verify_tell_of_a_heavy_file_and_exit_with_0(repository: Repository) -> None:
    repository.clip(size="720x576", seconds=0.12, extra=GRAIN)
    repository.spec()
    done = repository.jobspec("run")
    assert done.returncode == 0
    assert "note   proxies:out/a.mov: JS230: the picture takes " in done.stderr
    assert "publishes 12.0" in done.stderr
    again = repository.jobspec("verify")
    assert (again.returncode, "JS230" in again.stdout) == (0, True)


def test_adopt_tells_and_records_that_a_file_is_heavy(repository: Repository) -> None:
    repository.clip(size="720x576", seconds=0.12, extra=GRAIN)
    repository.spec()
    assert repository.jobspec("run").returncode == 0
    shutil.rmtree(repository.proxies / "out/.jobspec")  # as if somebody else had made it
    done = repository.jobspec("adopt")
    assert (done.returncode, "JS230: the picture takes " in done.stdout) == (0, True)
    (ledger,) = (repository.proxies / "out/.jobspec/ledger").glob("*.jsonl")
    (record,) = (json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines())
    assert (record["event"], record["excess"] > 13_200_000) == ("adopted", True)


def test_a_lock_of_number_1_keeps_the_rate(repository: Repository) -> None:
    repository.clip(size="720x576", seconds=0.12, extra=GRAIN)
    repository.spec()
    assert repository.jobspec("lock").returncode == 0
    lock = repository.top / "specs/day.lock.jsonl"
    lock.write_text(lock.read_text(encoding="utf-8").replace('"recipes":2', '"recipes":1'), encoding="utf-8")
    done = repository.jobspec("run")
    assert (done.returncode, "JS230" in done.stderr) == (0, False)


def test_a_new_number_outdates_and_makes_nothing_again_until_it_is_asked_for(repository: Repository) -> None:
    repository.clip()
    repository.spec()
    repository.jobspec("lock")
    lock, file = repository.top / "specs/day.lock.jsonl", repository.proxies / "out/a.mov"
    lock.write_text(lock.read_text(encoding="utf-8").replace('"recipes":2', '"recipes":1'), encoding="utf-8")
    assert repository.jobspec("run").returncode == 0
    before = file.read_bytes()
    assert repository.jobspec("run").returncode == 0
    assert "recipes 1 → 2" in repository.jobspec("lock", "--update").stdout
    assert repository.jobspec("why", "a.mov").stdout.splitlines() == [
        "proxies:out/a.mov is outdated",
        "  recipes 1 → 2: with -qscale:v 7",
    ]
    kept = repository.jobspec("run")
    assert (kept.returncode, file.read_bytes() == before) == (3, True)
    assert repository.jobspec("run", "--replace=outdated").returncode == 0
    assert file.read_bytes() != before
