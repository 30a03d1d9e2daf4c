"""The lock: facts of a spec's sources, frozen in a file that people commit and git merges."""

import copy
import json
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import canonical
from runner.errors import Exit, JobspecError, JobSpecValidationError
from runner.media.facts import Colour, Content, Facts, Sequence
from runner.media.lock import (
    LONGEST_LINE,
    MOST_BYTES,
    Cover,
    Header,
    Lock,
    Locked,
    cover,
    drift,
    lock_of,
    numbered,
    read_lock,
    salvage_lock,
    write_lock,
)
from runner.plan import document
from runner.plan.build import Request, build
from runner.report.planned import text
from runner.spec.globs import Glob
from runner.spec.sources import Entry
from tests.plan.planning import FILM, facts, spec, tracks

FILE, SPEC = "specs/day.lock.jsonl", "specs/day.yaml"
HEADER = Header(format=1, toolchain="9.0", recipes=1)
FULL = facts(sound=tracks(1, 2), timecode="01:00:00:00", reel="A001", rate=FILM, ignored=("data 3",))


def clip(name: str, index: int = 0, known: Facts = FULL) -> Locked:
    return Locked(location=f"media:{name}", index=index, facts=known)


def broken(name: str, index: int = 0, reason: str = "it is cut off") -> Locked:
    return Locked(location=f"media:{name}", index=index, unusable=reason)


def lock(*sources: Locked) -> Lock:
    return Lock(HEADER, sources)


def complaints(data: bytes) -> list[str]:
    """Return why a lock is refused, as a user reads it."""
    with pytest.raises(JobSpecValidationError) as caught:
        read_lock(data, FILE, SPEC)
    return [str(each) for each in caught.value.problems]


def complaint(data: bytes) -> str:
    (found,) = complaints(data)
    return found


def test_the_lock_lies_beside_its_spec() -> None:
    assert lock_of("specs/day03.yaml") == "specs/day03.lock.jsonl"
    assert lock_of("specs/a.b/day.03.yml") == "specs/a.b/day.03.lock.jsonl"


def test_a_lock_is_a_header_and_then_a_line_a_source_sorted_by_place() -> None:
    written = write_lock(lock(clip("z.mov", 0), broken("b.mov", 1), clip("a.mov", 2)))
    lines = [json.loads(line) for line in written.splitlines()]
    assert lines[0] == {"line": "header", "format": 1, "toolchain": "9.0", "recipes": 1}
    assert [(line["line"], line["location"], line["index"]) for line in lines[1:]] == [
        ("source", "media:a.mov", 2),
        ("source", "media:b.mov", 1),
        ("source", "media:z.mov", 0),
    ]
    assert written.endswith(b"}\n")


def test_the_header_holds_no_count_and_no_digest_that_a_merge_would_make_wrong() -> None:
    assert set(Header.__struct_fields__) == {"format", "toolchain", "recipes"}
    assert set(Locked.__struct_fields__) == {"location", "index", "facts", "unusable"}


def test_a_hash_is_tagged_with_how_it_was_taken() -> None:
    line = json.loads(write_lock(lock(clip("a.mov"))).splitlines()[1])
    assert line["facts"]["content"] == {"sample": "sampled-sha256:00", "size": 1000}


def test_each_line_is_canonical_json_without_a_mount_or_a_time() -> None:
    for line in write_lock(lock(clip("Töne/a b.mov"))).splitlines():
        assert line.decode() == json.dumps(json.loads(line), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def test_a_lock_is_read_as_it_was_written() -> None:
    known = lock(clip("a.mov", 1), broken("b\n'c'.mov", 0), clip("c.mov", 7, facts(constant=False, seconds=FILM)))
    assert read_lock(write_lock(known), FILE, SPEC) == known


@given(st.permutations(range(5)))
def test_lines_may_stand_in_any_order(order: list[int]) -> None:
    written = write_lock(lock(*(clip(f"{number}.mov", number) for number in range(4))))
    lines = written.splitlines(keepends=True)
    shuffled = read_lock(b"".join(lines[number] for number in order), FILE, SPEC)
    assert shuffled == read_lock(written, FILE, SPEC)
    assert write_lock(shuffled) == written


def test_lines_that_a_merge_left_twice_are_one() -> None:
    written = write_lock(lock(clip("a.mov"), clip("b.mov", 1)))
    assert read_lock(written + written, FILE, SPEC) == read_lock(written, FILE, SPEC)


def test_line_ends_of_windows_and_empty_lines_do_not_matter() -> None:
    written = write_lock(lock(clip("a.mov")))
    assert read_lock(written.replace(b"\n", b"\r\n\r\n"), FILE, SPEC) == read_lock(written, FILE, SPEC)


def test_a_second_header_is_an_error_with_its_line_and_the_command_that_mends_it() -> None:
    written = write_lock(lock(clip("a.mov")))
    other = canonical.encode(Header(format=1, toolchain="7.0", recipes=1)) + b"\n"
    assert complaint(written + other) == (
        f"{FILE}:3:1: JS112: a second header, as a merge leaves one; run `jobspec lock --update {SPEC}`"
    )


def test_a_source_with_two_sets_of_facts_is_an_error_with_its_line_and_the_command_that_mends_it() -> None:
    written = write_lock(lock(clip("a.mov"), clip("b.mov", 1)))
    other = canonical.encode(clip("b.mov", 1, facts(content="11"))) + b"\n"
    assert complaint(written + other) == (
        f'{FILE}:4:1: JS113: "media:b.mov" is locked a second time, the first is line 3, as a merge leaves it; '
        f"run `jobspec lock {SPEC}`"
    )


def test_two_sources_with_one_index_are_an_error_with_the_line_and_the_command_that_mends_it() -> None:
    written = write_lock(lock(clip("a.mov"), clip("b.mov", 1), clip("c.mov", 1)))
    assert complaint(written) == (
        f'{FILE}:4:1: JS114: "media:c.mov" has the index 001 of media:b.mov, as a merge leaves it; '
        f"run `jobspec lock {SPEC}`"
    )


def test_everything_that_a_merge_left_is_told_at_once() -> None:
    sources = (clip("a.mov"), clip("b.mov"), clip("c.mov", 1), clip("c.mov", 2))
    other = Header(format=1, toolchain="7.0", recipes=1)
    data = b"".join(canonical.encode(line) + b"\n" for line in (HEADER, *sources, other))
    assert [found.split(" ")[1] for found in complaints(data)] == ["JS112:", "JS114:", "JS113:"]


@pytest.mark.parametrize("data", [b"", b"\n\n", canonical.encode(clip("a.mov"))], ids=["nothing", "lines", "a source"])
def test_a_lock_without_header_is_none(data: bytes) -> None:
    assert complaint(data) == (
        f"{FILE}:1:1: JS110: the lock cannot be read here: it has no header line; make it anew with "
        f"`jobspec lock {SPEC}`"
    )


def test_a_format_of_a_later_version_is_told_as_one() -> None:
    data = canonical.encode(Header(format=2, toolchain="9.0", recipes=1))
    assert complaint(data) == (
        f'{FILE}:1:1: JS111: the lock has format "2", which this tool does not read; make it anew with '
        f"`jobspec lock {SPEC}`"
    )


def line(**changes: Any) -> bytes:
    """Return the line of a source, spoilt."""
    data = canonical.plain(clip("a.mov"))
    for path, value in changes.items():
        *way, last = path.split("__")
        at = data
        for step in way:
            at = at[step]
        at[last] = value
    return json.dumps(data).encode()


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        pytest.param(b"not JSON", "JSON is malformed", id="no JSON"),
        pytest.param(b"<<<<<<< HEAD", "JSON is malformed", id="a conflict that git left"),
        pytest.param(b"\xff\xfe", "JSON is malformed", id="no UTF-8"),
        pytest.param(b"[]", "Expected `object`", id="a list"),
        pytest.param(b"null", "Expected `object`", id="nothing"),
        pytest.param(b'{"line":"source"}', "missing required field", id="a line without its fields"),
        pytest.param(b'{"line":"comment"}', "Invalid value 'comment'", id="a kind of line that there is not"),
        pytest.param(line(index="0"), "Expected `int`", id="text for a number"),
        pytest.param(line(index=True), "Expected `int`", id="a truth value for a number"),
        pytest.param(line(index=0.5), "Expected `int`", id="a float"),
        pytest.param(line(index=float("nan")), "JSON is malformed", id="NaN"),
        pytest.param(line(index=float("inf")), "JSON is malformed", id="infinity"),
        pytest.param(line(index=-1), "Expected `int` >= 0", id="a negative index"),
        pytest.param(line(index=2**70), "Expected `int` <=", id="a huge index"),
        pytest.param(line(mood="sad"), "unknown field `mood`", id="a field that there is not"),
        pytest.param(line(facts=None), "either facts or the reason", id="neither facts nor a reason"),
        pytest.param(line(unusable="x"), "either facts or the reason", id="both"),
        pytest.param(line(location=""), "it is empty", id="no place"),
        pytest.param(line(location="media:../a.mov"), '".." and a leading', id="a place out of its root"),
        pytest.param(line(location="../../etc/passwd"), '".." and a leading', id="a place out of the repository"),
        pytest.param(line(location="media:a\0.mov"), "it holds a NUL", id="a NUL"),
        pytest.param(line(location="media:./a.mov"), "not how that place is written", id="a place written otherwise"),
        pytest.param(line(facts__content__size=-1), "Expected `int` >= 0", id="a negative size"),
        pytest.param(line(facts__picture__width=0), "Expected `int` >= 1", id="no width"),
        pytest.param(line(facts__picture__height=-2), "Expected `int` >= 1", id="a negative height"),
        pytest.param(line(facts__picture__width=10**30), "Expected `int` <=", id="a width beyond all measure"),
        pytest.param(line(facts__picture__frames=0), "Expected `int` >= 1", id="no frames"),
        pytest.param(line(facts__picture__rate="0/1"), "above 0", id="a rate of nothing"),
        pytest.param(line(facts__picture__rate="-25/1"), "above 0", id="a negative rate"),
        pytest.param(line(facts__picture__rate="25/0"), "expected Fraction", id="a rate by nothing"),
        pytest.param(line(facts__picture__rate="9" * 4000 + "/1"), "out of all measure", id="a rate of 4000 digits"),
        pytest.param(line(facts__picture__rate="1/" + "9" * 4000), "out of all measure", id="one over 4000 digits"),
        pytest.param(line(facts__picture__rate="9" * 9000 + "/1"), "Exceeds the limit", id="more digits than Python"),
        pytest.param(line(facts__picture__sar="0/1"), "above 0", id="pixels without width"),
        pytest.param(line(facts__picture__seconds="9" * 99 + "/7"), "out of all measure", id="seconds without end"),
        pytest.param(
            line(facts__picture__pixel_format="yuv420p,movie=/etc/passwd"), "matching regex", id="a filter as a format"
        ),
        pytest.param(
            line(facts__picture__colour={"primaries": "bt709,movie=x"}), "matching regex", id="a filter as a colour"
        ),
        pytest.param(line(facts__reel="A\0B"), "matching regex", id="a NUL in a tag"),
        pytest.param(line(facts__format="concat"), "not a format that sources have", id="a demuxer of playlists"),
        pytest.param(b'{"x":' + b"[" * 50_000, "nested too deep", id="lists without end"),
        pytest.param(b'{"x":' * 10_000, "nested too deep", id="mappings without end"),
        pytest.param(b" " * LONGEST_LINE + b"{}", f"it is longer than {LONGEST_LINE} bytes", id="a line without end"),
    ],
)
def test_a_line_from_a_stranger_is_refused_with_its_number_and_never_a_crash(spoilt: bytes, reason: str) -> None:
    found = complaint(canonical.encode(HEADER) + b"\n\n" + spoilt + b"\n")
    assert found.startswith(f"{FILE}:3:1: JS110: the lock cannot be read here: ")
    assert reason in found
    assert found.endswith(f"; make it anew with `jobspec lock {SPEC}`")


def test_a_file_without_end_is_refused_before_it_is_looked_at() -> None:
    assert f"the file is larger than {MOST_BYTES} bytes" in complaint(b"\n" * (MOST_BYTES + 1))


def test_what_a_lock_calls_a_reason_is_harmless_to_print() -> None:
    data = canonical.encode(HEADER) + b"\n" + b'{"line":"\x1b[2J\xe2\x80\xae"}'
    assert "\x1b" not in complaint(data)


_NUMBERS = st.integers(-3, 70) | st.integers(0, 2**54)
_FRACTIONS = st.builds("{}/{}".format, st.integers(-2, 2**60), st.integers(0, 2**60) | st.integers(0, 3))
_WORDS = st.sampled_from(["", "tff", "h264", "00:00:00:00", "23:59:59;29", "smpte2084", "rgb24", "und", "mov", "7.1"])


def spoilt_anywhere(data: Any, draw: Any) -> Any:
    """Return plain data with values of the same kind, but drawn by lot, in some places."""
    if isinstance(data, dict):
        return {name: spoilt_anywhere(value, draw) for name, value in data.items()}
    if isinstance(data, list):
        return [spoilt_anywhere(value, draw) for value in data]
    if not draw(st.sampled_from([True, *[False] * 12])):
        return data
    if isinstance(data, bool):
        return draw(st.booleans())
    if isinstance(data, int):
        return draw(_NUMBERS)
    return draw(_FRACTIONS if "/" in data else _WORDS)


_RICH = canonical.plain(
    clip(
        "a.mov",
        known=facts(
            sound=tracks(2),
            timecode="01:00:00:00",
            reel="A",
            rotation=90,
            constant=False,
            alpha=False,
            rgb=False,
            seconds=FILM,
            sar=Fraction(64, 45),
            colour=Colour(primaries="bt709", transfer="bt709", matrix="bt709", range="pc"),
        ),
    )
)
_RICH["facts"]["picture"] |= {"stream": 0, "alpha": False, "rgb": False, "scan": "progressive"}


@settings(max_examples=300, deadline=None)
@given(
    st.data(),
    st.sampled_from(["mov", "mxf", "mkv"]),
    st.sampled_from(["prores_proxy", "dnxhd", "dnxhr_hqx", "h264"]),
    st.sampled_from(["same", "quarter", "1280x720"]),
    st.sampled_from([None, "24000/1001"]),
)
def test_whatever_facts_a_lock_tells_they_give_a_plan_or_a_problem(
    data: st.DataObject, container: str, codec: str, resolution: str, rate: str | None
) -> None:
    told = spoilt_anywhere(copy.deepcopy(_RICH), data.draw) | {"location": "media:a.mov", "line": "source"}
    asked = {"fps_explicit": rate} if rate else {}
    try:
        known = read_lock(canonical.encode(HEADER) + b"\n" + json.dumps(told).encode(), FILE, SPEC)
        (source,) = known.sources
        assert source.facts is not None
        job = spec(codec=codec, container=container, resolution=resolution, **asked)
        made = build([Request(spec=job, facts=(source.facts,))], toolchain="9.0", number=1)
    except JobspecError as error:
        assert error.exit in (Exit.INVALID, Exit.STALE)
        return
    assert document.read(document.lines(made)) == made
    assert "\n".join(text(made))


# What `lock` mends.


def test_what_can_be_read_of_a_damaged_lock_is_kept() -> None:
    written = write_lock(lock(clip("a.mov", 4), clip("b.mov", 5)))
    torn = b"<<<<<<< HEAD\n" + written.replace(b"\n", b"\n=======\nnonsense\n" + b"[" * 5000 + b"\n")
    assert salvage_lock(torn) == lock(clip("a.mov", 4), clip("b.mov", 5))


@pytest.mark.parametrize(
    "data",
    [b"", b"nonsense", canonical.encode(clip("a.mov")), canonical.encode(Header(format=2, toolchain="9", recipes=1))],
    ids=["nothing", "nonsense", "no header", "another format"],
)
def test_without_a_header_nothing_can_be_kept(data: bytes) -> None:
    assert salvage_lock(data) is None


def test_of_two_headers_the_first_stands() -> None:
    other = canonical.encode(Header(format=1, toolchain="7.0", recipes=1))
    assert salvage_lock(write_lock(lock()) + other) == lock()


def test_a_source_with_two_sets_of_facts_keeps_its_first_index_and_none_of_the_facts() -> None:
    data = write_lock(lock(clip("a.mov", 3))) + canonical.encode(clip("a.mov", 5, facts(content="11")))
    kept = salvage_lock(data)
    assert kept is not None
    assert kept.sources == (broken("a.mov", 3, "locked twice"),)


def test_a_source_with_two_indices_keeps_the_first_and_its_facts() -> None:
    data = write_lock(lock(clip("a.mov", 3))) + canonical.encode(clip("a.mov", 5))
    assert salvage_lock(data) == lock(clip("a.mov", 3))


# What of a spec a lock covers.


def covered(*entries: Entry, known: Lock) -> Cover:
    return cover(entries, known)


def names(found: Cover) -> list[str]:
    return [each.location.removeprefix("media:") for each in found.sources]


def test_a_lock_covers_paths_and_what_globs_take_in_the_order_of_the_indices() -> None:
    known = lock(clip("b.mov", 0), clip("x/1.mov", 2), clip("x/2.mov", 1))
    found = covered("media:b.mov", Glob("media:x/*.mov"), known=known)
    assert (names(found), found.entries) == (["b.mov", "x/2.mov", "x/1.mov"], (0, 1, 1))
    assert (found.lacking, found.unmatched) == ((), ())


def test_what_a_lock_lacks_is_told_by_the_number_of_its_entry() -> None:
    found = covered("media:a.mov", "media:b.mov", Glob("media:x/*"), known=lock(clip("a.mov")))
    assert (names(found), found.lacking, found.unmatched) == (["a.mov"], (1,), (2,))


def test_what_a_lock_holds_beyond_the_spec_is_no_part_of_the_job() -> None:
    stranger = Locked(location="/etc/passwd", index=1, facts=FULL)
    elsewhere = Locked(location="nas:a.mov", index=2, facts=FULL)
    hidden = clip(".hidden.mov", 3)
    found = covered("media:a.mov", Glob("media:**"), known=lock(clip("a.mov"), stranger, elsewhere, hidden))
    assert names(found) == ["a.mov"]


def test_a_source_that_two_entries_name_belongs_to_the_first() -> None:
    found = covered(Glob("media:*.mov"), "media:a.mov", Glob("media:**"), known=lock(clip("a.mov")))
    assert (names(found), found.entries) == (["a.mov"], (0,))


def test_a_place_may_be_written_otherwise_in_the_spec() -> None:
    assert names(covered("media:./x//a.mov", known=lock(clip("x/a.mov")))) == ["x/a.mov"]


# Frozen indices.


def test_indices_are_given_in_the_order_of_the_entries() -> None:
    assert numbered(["media:b", "media:a"], None) == {"media:b": 0, "media:a": 1}


def test_a_source_keeps_its_index_when_others_come_and_go() -> None:
    old = lock(clip("a", 0), clip("b", 1), clip("c", 2))
    assert numbered(["media:0", "media:c", "media:a"], old) == {"media:0": 3, "media:c": 2, "media:a": 0}


def test_an_index_that_became_free_is_not_given_again_while_later_ones_stand() -> None:
    old = lock(clip("a", 0), clip("b", 1), clip("c", 2))
    assert numbered(["media:a", "media:c", "media:d"], old)["media:d"] == 3


def test_of_two_sources_that_a_merge_gave_one_index_the_first_by_name_keeps_it() -> None:
    old = lock(clip("x", 1), clip("y", 1), clip("a", 0))
    assert numbered(["media:a", "media:x", "media:y"], old) == {"media:a": 0, "media:x": 1, "media:y": 2}


# Drift, in words.


def content(size: int, sample: str = "00") -> Content:
    return Content(size=size, sample=f"sampled-sha256:{sample}")


@pytest.mark.parametrize(
    ("after", "words"),
    [
        pytest.param({"content": content(2000, "11")}, ["size in bytes 1000 → 2000"], id="size"),
        pytest.param({"content": content(1000, "11")}, ["content, at the same size"], id="content"),
        pytest.param({"rate": FILM}, ["rate 25 → 23.976"], id="rate"),
        pytest.param({"frames": 99}, ["frames 100 → 99"], id="frames"),
        pytest.param({"width": 1280, "height": 720}, ["picture 1920x1080 → 1280x720"], id="size of the picture"),
        pytest.param({"codec": "prores"}, ["codec h264 → prores"], id="codec"),
        pytest.param({"scan": "tff"}, ["scan progressive → tff"], id="scan"),
        pytest.param({"timecode": "01:00:00:00"}, ["timecode None → 01:00:00:00"], id="timecode"),
        pytest.param({"reel": "A001"}, ["reel None → A001"], id="reel"),
        pytest.param({"sound": tracks(1, 2)}, ["audio channels [] → [1, 2]"], id="sound"),
        pytest.param(
            {"ignored": ("data 3",)},
            ["facts beyond size, rate, frames, picture, timecode and sound"],
            id="what has no words of its own",
        ),
        pytest.param(
            {"content": content(2000), "rate": FILM, "frames": 9},
            ["size in bytes 1000 → 2000", "rate 25 → 23.976", "frames 100 → 9"],
            id="several at once",
        ),
    ],
)
def test_drift_is_told_in_words(after: dict[str, Any], words: list[str]) -> None:
    known = after.pop("content", content(1000))
    later = msgspec.structs.replace(facts(**after), content=known)
    assert drift(clip("a", 0, facts()), clip("a", 5, later)) == words


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ({"other_timecodes": ("02:00:00:00",)}, "other timecodes [] → ['02:00:00:00']"),
        ({"clip": "A001C002"}, "clip name None → A001C002"),
    ],
    ids=["other timecodes", "clip"],
)
def test_drift_of_names_and_codes_is_told_in_words(after: dict[str, Any], words: str) -> None:
    assert drift(clip("a", 0, facts()), clip("a", 0, msgspec.structs.replace(facts(), **after))) == [words]


def test_a_sequence_that_begins_elsewhere_has_drifted() -> None:
    old, new = (
        msgspec.structs.replace(facts(), format="image2", sequence=Sequence(first=first, digits=4))
        for first in (1001, 1002)
    )
    assert drift(clip("a", 0, old), clip("a", 0, new)) == ["first number 1001 → 1002"]


def test_the_same_facts_are_no_drift() -> None:
    assert drift(clip("a", 0, facts()), clip("a", 1, facts())) == []
    assert drift(broken("a"), broken("a")) == []


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (clip("a"), broken("a", 0, "it is empty"), "was usable, is it is empty"),
        (broken("a", 0, "it is empty"), clip("a"), "was it is empty, is usable"),
        (broken("a", 0, "one"), broken("a", 0, "two"), "was one, is two"),
    ],
    ids=["usable before", "usable now", "another reason"],
)
def test_a_source_that_became_usable_or_unusable_has_drifted(before: Locked, after: Locked, words: str) -> None:
    assert drift(before, after) == [words]
