"""The ledger: one file for each writer, whole records only, all of them read as one."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runner import canonical
from runner.errors import Exit, JobspecError
from runner.execution.ledger import Event, Record, Writer, now, read_ledger
from runner.execution.publish import sha256
from runner.plan.model import Key

KEY = Key(source="s", picture="p", sound="a", wrap="w", toolchain="9.0", recipes="r")
TOP = Path(__file__).parents[2]
PLACE = "proxies:out/a.mov"


def record(event: Event = "started", output: str = PLACE, **values: object) -> Record:
    told = {"attempt": "x-1", "writer": "x", "plan": "sha256:0", "toolchain": "9.0.2", "time": now(), **values}
    return Record(event=event, output=output, key=KEY, **told)  # type: ignore[arg-type]


def made(path: Path, event: Event = "finished", **values: object) -> Record:
    status = path.stat()
    told = {"size": status.st_size, "mtime": status.st_mtime_ns, "sha256": sha256(path), **values}
    return record(event, **told)


def written(state: Path, *records: Record) -> Path:
    """Write records by a writer of their own and return its file."""
    writer = Writer(state)
    for each in records:
        writer.write(each)
    writer.close()
    return state / "ledger" / f"{writer.name}.jsonl"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / ".jobspec"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.mov"
    path.write_text("a proxy")
    return path


def test_records_come_back_as_they_were_written(state: Path) -> None:
    records = [record(), record("failed", reason="the card is on fire", log="logs/x-1.log")]
    written(state, *records)
    assert read_ledger(state).of(PLACE) == records


def test_a_record_is_one_line_of_canonical_json(state: Path) -> None:
    each = record(output="proxies:out/zwei\nZeilen.mov")
    assert written(state, each).read_bytes() == canonical.encode(each) + b"\n"


def test_every_writer_has_a_file_of_its_own(state: Path) -> None:
    first, second = written(state, record()), written(state, record())
    assert first != second
    assert sorted(state.glob("ledger/*")) == sorted([first, second])
    assert str(os.getpid()) in first.name


def test_a_file_that_an_earlier_process_of_the_same_number_left_is_not_touched(state: Path) -> None:
    old = written(state, record())
    before = old.read_bytes()
    written(state, record("failed"))
    assert old.read_bytes() == before


def test_writers_of_several_processes_that_begin_at_once_share_no_file(state: Path) -> None:
    script = f"from tests.execution.test_ledger import *\nprint(written(Path({str(state)!r}), record()))"
    children = [subprocess.Popen([sys.executable, "-c", script], cwd=TOP, stdout=subprocess.PIPE) for _ in range(4)]
    files = {child.communicate()[0] for child in children}
    assert len(files) == 4
    assert len(read_ledger(state).of(PLACE)) == 4


def test_nothing_is_written_before_the_first_record(state: Path) -> None:
    Writer(state).close()
    assert not state.exists()


def test_attempts_of_all_threads_have_names_of_their_own(state: Path) -> None:
    writer = Writer(state)
    names: list[str] = []
    threads = [threading.Thread(target=lambda: names.extend(writer.attempt() for _ in range(50))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert len(set(names)) == 200


def test_threads_that_write_at_once_leave_whole_lines(state: Path) -> None:
    writer = Writer(state)
    each = record(reason="x" * 5000)
    threads = [threading.Thread(target=lambda: [writer.write(each) for _ in range(10)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert read_ledger(state).of(PLACE) == [each] * 40


def test_a_ledger_that_was_never_begun_is_empty(state: Path) -> None:
    assert read_ledger(state).by_output == {}


def test_records_of_all_writers_are_read_in_the_order_of_their_times(state: Path) -> None:
    times = [f"2026-11-23T08:00:0{second}.000000+00:00" for second in range(4)]
    written(state, record(time=times[1]), record(time=times[3]))
    written(state, record(time=times[0]), record(time=times[2]))
    assert [each.time for each in read_ledger(state).of(PLACE)] == times


def test_a_torn_last_line_is_what_a_kill_leaves_and_no_record(state: Path) -> None:
    path = written(state, record(), record("finished"))
    path.write_bytes(path.read_bytes()[:-20])
    assert [each.event for each in read_ledger(state).of(PLACE)] == ["started"]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(b"{", id="half a line"),
        pytest.param(b"", id="an empty line"),
        pytest.param(canonical.encode(record()) + b" " + canonical.encode(record()), id="two records on one line"),
        pytest.param(canonical.encode(record()).replace(b",", b",\n", 1), id="a record on two lines"),
        pytest.param(b"\xff\xfe\x00", id="bytes that are no text"),
        pytest.param(b'{"event":"started"}', id="a record that lacks fields"),
        pytest.param(b'{"event":"exploded","output":"a"}', id="an event that does not exist"),
    ],
)
def test_a_damaged_line_in_the_middle_is_named_with_its_number(state: Path, damage: bytes) -> None:
    path = written(state, record(), record(), record())
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], damage, *lines[2:]]))
    with pytest.raises(JobspecError) as raised:
        read_ledger(state)
    (found,) = raised.value.problems
    assert (found.code, raised.value.exit) == ("JS096", Exit.STALE)
    assert f"{path}, line 2: " in found.message


def test_a_ledger_that_its_writer_removes_while_it_is_looked_at_is_none(state: Path) -> None:
    written(state, record())
    (state / "ledger/gone.jsonl").symlink_to("nowhere")
    assert [each.event for each in read_ledger(state).of(PLACE)] == ["started"]


# Written in a process of its own: a limit on the size of files is a limit on all files of a process.
SHORT = """\
import resource, signal
from tests.execution.test_ledger import *
state = Path({state!r})
writer = Writer(state)
writer.write(record())
length = (state / "ledger" / f"{{writer.name}}.jsonl").stat().st_size
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (length + 700, hard))
for _ in range(2):
    try:
        writer.write(record("verified", reason="x" * 1000))
    except OSError:
        print("refused")
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
writer.write(record("failed"))
"""


def test_a_record_that_the_disk_took_only_a_part_of_does_not_damage_those_that_follow(state: Path) -> None:
    script = SHORT.format(state=str(state))
    done = subprocess.run([sys.executable, "-c", script], cwd=TOP, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("refused\nrefused\n", "")
    assert [each.event for each in read_ledger(state).of(PLACE)] == ["started", "failed"]
    (path,) = (state / "ledger").iterdir()
    assert path.read_bytes().endswith(b"}\n")


@pytest.mark.parametrize("event", ["verified", "finished", "adopted"])
def test_a_file_that_equals_a_record_is_ours(state: Path, file: Path, event: Event) -> None:
    each = made(file, event)
    written(state, each)
    assert read_ledger(state).recorded(PLACE, file) == each


def test_our_file_is_ours_after_a_copy_gave_it_another_time(state: Path, file: Path) -> None:
    each = made(file)
    written(state, each)
    os.utime(file, (1, 1))
    assert read_ledger(state).recorded(PLACE, file) == each


def test_of_two_records_the_one_that_the_file_equals_is_told(state: Path, file: Path) -> None:
    old = made(file)
    file.write_text("another")
    new = made(file)
    written(state, old, new)
    file.write_text("a proxy")
    assert read_ledger(state).recorded(PLACE, file) == old


@pytest.mark.parametrize(
    "text", [pytest.param("b proxy", id="of the same size"), pytest.param("something else", id="of another size")]
)
def test_another_file_is_not_ours(state: Path, file: Path, text: str) -> None:
    written(state, made(file))
    before = file.stat().st_mtime_ns
    file.write_text(text)
    assert file.stat().st_mtime_ns != before
    assert read_ledger(state).recorded(PLACE, file) is None


def test_a_file_that_was_only_begun_or_failed_is_not_ours(state: Path, file: Path) -> None:
    written(state, made(file, "started"), made(file, "failed"))
    assert read_ledger(state).recorded(PLACE, file) is None


def test_our_file_under_another_name_is_not_known_there(state: Path, file: Path) -> None:
    written(state, made(file))
    assert read_ledger(state).recorded("proxies:out/b.mov", file) is None


def test_a_link_to_our_file_is_not_our_file(state: Path, file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.mov"
    written(state, made(file))
    file.rename(tmp_path / "1234567")
    link.symlink_to("1234567")  # as long as the file is large: its size gives nothing away
    assert link.lstat().st_size == link.stat().st_size
    assert read_ledger(state).recorded(PLACE, link) is None


def test_a_file_that_is_gone_is_nobodys(state: Path, file: Path) -> None:
    written(state, made(file))
    file.unlink()
    assert read_ledger(state).recorded(PLACE, file) is None


def of_process(state: Path, count: int) -> "subprocess.Popen[bytes]":
    """Start a process that writes so many records into a shared file."""
    code = (
        "import sys; from pathlib import Path; from runner.execution.ledger import Writer\n"
        "from tests.execution.test_ledger import record\n"
        "writer = Writer(Path(sys.argv[1]), shared='w')\n"
        "attempt = writer.attempt()\n"
        "for _ in range(int(sys.argv[2])): writer.write(record(attempt=attempt, reason='x' * 3000))\n"
        "writer.close()\n"
    )
    return subprocess.Popen([sys.executable, "-c", code, str(state), str(count)], cwd=TOP)


def test_processes_that_share_a_file_take_turns(tmp_path: Path) -> None:
    processes = [of_process(tmp_path, 20) for _ in range(3)]
    assert [each.wait(60) for each in processes] == [0, 0, 0]
    (file,) = (tmp_path / "ledger").iterdir()
    records = read_ledger(tmp_path).of(PLACE)
    assert len(records) == 60
    assert len({each.attempt for each in records}) == 3
    assert file.name.endswith("-w.jsonl")


def test_what_a_kill_left_of_a_record_is_taken_off_by_the_next_who_shares_the_file(tmp_path: Path) -> None:
    file = Writer(tmp_path, shared="w")
    file.write(record(attempt="one"))
    (path,) = (tmp_path / "ledger").iterdir()
    with path.open("ab") as torn:
        torn.write(b'{"attempt":"to')
    file.write(record(attempt="two"))
    file.close()
    assert [each.attempt for each in read_ledger(tmp_path).of(PLACE)] == ["one", "two"]
