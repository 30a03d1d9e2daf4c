"""The expansion of specs and facts into a plan: keys, names, expectations, losses, refusals."""

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from runner import canonical
from runner.errors import Exit, JobspecError
from runner.media.facts import IMAGES, MOST_PIXELS, Colour, Facts, Sequence
from runner.media.releases import DECLARED
from runner.plan import document, recipes
from runner.plan.build import Request, build
from runner.spec.model import JobSpec
from tests.plan.planning import FILM, facts, plan, planned, refused, spec, tracks

PARTS = ("source", "picture", "sound", "wrap", "toolchain", "recipes")


def moved(before: Facts, after: Facts | None = None, *, line: str = DECLARED, **changes: dict[str, Any]) -> set[str]:
    """Return the parts of the key that differ between two plans; `was` and `now` are what the spec says."""
    one = planned(before, **changes.get("was", {})).key
    other = planned(after or before, line, **changes.get("now", {})).key
    return {part for part in PARTS if getattr(one, part) != getattr(other, part)}


# Keys: what makes an output another one, and what does not.

HARMLESS: dict[str, dict[str, Any]] = {
    "another name": {"naming_template": "{{ source_name }}_proxy_{{ width }}"},
    "another job id": {"job_id": "renamed"},
    "another clock": {"created_at": "2026-11-23T08:00:00Z"},
    "another folder": {"output_directory": "proxies:elsewhere"},
    "own tokens": {"tokens": {"unit": "second"}},
    "the source's rate said explicitly": {"fps_explicit": "25"},
    "the source's size said as a box": {"resolution": "1920x1080"},
    "a box that is larger": {"resolution": "4096x4096"},
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_a_harmless_edit_moves_no_part_of_the_key(change: dict[str, Any]) -> None:
    assert moved(facts(timecode="01:00:00:00", sound=tracks(1, 1)), now=change) == set()


def _sequence(**own: str) -> dict[str, Any]:
    return {"sources": [{"sequence": "media:plate.####.png", "rate": "24", **own}]}


@pytest.mark.parametrize(
    ("was", "now", "also"),
    [
        pytest.param({}, {"rate": "12"}, {"fps_explicit": "25"}, id="the rate of what is resampled"),
        pytest.param({"transfer": "pq"}, {"transfer": "hlg"}, {"color": "tonemap"}, id="the curve of what is mapped"),
    ],
)
def test_what_is_stated_of_a_sequence_moves_its_key_also_where_the_intent_does_not_show_it(
    was: dict[str, str], now: dict[str, str], also: dict[str, Any]
) -> None:
    plates = replace(facts(rgb=True), format=IMAGES, sequence=Sequence(first=1, digits=4))
    assert moved(plates, was=_sequence(**was) | also, now=_sequence(**now) | also) == {"source"}


def test_a_source_that_was_moved_or_renamed_keeps_its_key() -> None:
    assert moved(facts(), now={"sources": ["/mnt/card/other name.mov"]}) == set()


EDITS: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "codec": ({}, {"codec": "prores_lt"}, {"picture", "recipes"}),
    "resolution": ({}, {"resolution": "half"}, {"picture"}),
    "rate": ({}, {"fps_explicit": "24"}, {"picture"}),
    "container": ({}, {"container": "mkv"}, {"wrap", "recipes"}),
    "container with another sound codec": (
        {"codec": "h264"},
        {"codec": "h264", "container": "mp4"},
        {"wrap", "sound", "recipes"},
    ),
}


@pytest.mark.parametrize(("was", "now", "parts"), EDITS.values(), ids=EDITS)
def test_an_edit_of_the_spec_moves_the_parts_that_it_is_about(
    was: dict[str, Any], now: dict[str, Any], parts: set[str]
) -> None:
    assert moved(facts(sound=tracks(1, 1)), was=was, now=now) == parts


DIFFERENCES = {
    "content": (facts(), facts(content="11"), {"source"}),
    "timecode": (facts(timecode="01:00:00:00"), facts(timecode="02:00:00:00"), {"wrap"}),
    "a timecode where there was none": (facts(), facts(timecode="01:00:00:00"), {"wrap"}),
    "reel": (facts(timecode="01:00:00:00"), facts(timecode="01:00:00:00", reel="A001"), {"wrap"}),
    "another track": (facts(sound=tracks(1)), facts(sound=tracks(1, 1)), {"sound"}),
    "wider tracks": (facts(sound=tracks(1)), facts(sound=tracks(2)), {"sound"}),
    "sound where there was none": (facts(), facts(sound=tracks(1)), {"sound", "recipes"}),
    "colour tags": (facts(), facts(colour=Colour(matrix="bt709")), {"picture", "recipes"}),
    "fields": (facts(), facts(scan="tff"), {"picture", "recipes"}),
    "shape": (facts(), facts(sar=Fraction(4, 3)), {"picture"}),
}


@pytest.mark.parametrize(("before", "after", "parts"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_other_facts_move_the_parts_that_they_are_about(before: Facts, after: Facts, parts: set[str]) -> None:
    assert moved(before, after) == parts


def test_another_release_line_moves_the_toolchain_alone() -> None:
    assert moved(facts(sound=tracks(1)), line="7.0") == {"toolchain"}


def test_adding_a_source_changes_nothing_of_the_others() -> None:
    alone = plan(facts(), sources=["media:a.mov"])
    together = plan([facts(), facts(content="11")], sources=["media:a.mov", "media:b.mov"])
    assert together.outputs[0] == alone.outputs[0]


def test_a_job_keeps_its_outputs_when_another_job_is_planned_beside_it() -> None:
    one = Request(spec=spec(), facts=(facts(),))
    other = Request(spec=spec(job_id="aaa", output_directory="proxies:other"), facts=(facts(),))
    alone = build([one], toolchain=DECLARED, number=recipes.DECLARED)
    together = build([other, one], toolchain=DECLARED, number=recipes.DECLARED)
    assert together.outputs[1] == alone.outputs[0]
    assert [task.outputs for task in together.tasks] == [(0, 1)]


# The plan as a value.


def test_the_same_inputs_give_the_same_plan_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    before = plan([facts(), facts(content="11")], sources=["media:a.mov", "/b.mov"])
    for name in list(os.environ):
        monkeypatch.delenv(name)
    monkeypatch.setenv("JOBSPEC_ROOT_MEDIA", "/elsewhere")
    monkeypatch.setenv("TZ", "Pacific/Chatham")
    assert plan([facts(), facts(content="11")], sources=["media:a.mov", "/b.mov"]) == before


def test_the_header_names_the_inputs_by_a_digest_that_moves_with_each_of_them() -> None:
    digests = [
        plan(facts()).header.inputs,
        plan(facts(content="11")).header.inputs,
        plan(facts(), resolution="half").header.inputs,
        plan(facts(), "7.0").header.inputs,
    ]
    assert len(set(digests)) == 4
    assert plan(facts()).header.inputs == digests[0]


def test_a_plan_cannot_be_changed_after_it_was_made() -> None:
    made = plan(facts())
    with pytest.raises(AttributeError):
        made.outputs = ()  # type: ignore[misc]
    assert hash(made.outputs[0].key) == hash(plan(facts()).outputs[0].key)


def test_the_resolved_spec_in_the_plan_holds_every_token_and_plans_the_same_again() -> None:
    known = facts(timecode="01:02:03:04", reel="A001")
    first = plan(known, naming_template="{{ reel }}/{{ source_name }}_{{ timecode }}")
    saved = JobSpec.from_dict(first.jobs[0].spec)
    assert dict(dict(saved.resolved_tokens)["media:a.mov"])["timecode"] == "01-02-03-04"
    again = build([Request(spec=saved, facts=(known,))], toolchain=DECLARED, number=recipes.DECLARED)
    assert document.digest(again) == document.digest(first)


def test_the_tokens_that_a_resolved_spec_brings_along_stand_although_the_facts_say_otherwise() -> None:
    saved = JobSpec.from_dict(plan(facts(reel="A001"), naming_template="{{ reel }}").jobs[0].spec)
    again = build([Request(spec=saved, facts=(facts(reel="B002"),))], toolchain=DECLARED, number=recipes.DECLARED)
    assert again.outputs[0].name == "A001.mov"


# Names.

NAMED = {
    "width and height": ("{{ width }}x{{ height }}", "960x540.mov"),
    "rate": ("{{ fps }}", "23.976.mov"),
    "timecode": ("{{ timecode }}", "01-00-00-00.mov"),
    "reel": ("{{ reel }}", "A001.mov"),
    "codec": ("{{ codec }}_{{ resolution }}", "prores_proxy_half.mov"),
    "index": ("{{ index }}", "000.mov"),
    "folders": ("{{ source_dir }}/{{ source_name }}", "day 1/a.mov"),
}


@pytest.mark.parametrize(("template", "name"), NAMED.values(), ids=NAMED)
def test_a_name_may_show_what_the_facts_say_of_the_output(template: str, name: str) -> None:
    known = facts(rate=FILM, timecode="01:00:00:00", reel="A001")
    output = planned(known, sources=["media:day 1/a.mov"], resolution="half", naming_template=template)
    assert (output.name, output.location) == (name, f"proxies:out/{name}")


def test_a_fact_that_a_source_has_not_is_named_with_the_source_unless_the_template_has_a_default() -> None:
    (found,) = refused(facts(), naming_template="{{ reel }}")
    assert found.code == "JS043"
    assert "media:a.mov" in found.message
    assert planned(facts(), naming_template="{{ reel | default('none') }}").name == "none.mov"


def test_two_sources_with_one_name_are_refused_and_both_are_said() -> None:
    (found,) = refused([facts(), facts()], sources=["media:one/a.mov", "media:two/A.mov"])
    assert found.code == "JS045"
    assert "media:one/a.mov" in found.message
    assert "media:two/A.mov" in found.message


def test_two_jobs_with_one_output_are_refused() -> None:
    requests = [Request(spec=spec(job_id=name), facts=(facts(),)) for name in ("one", "two")]
    with pytest.raises(JobspecError) as caught:
        build(requests, toolchain=DECLARED, number=recipes.DECLARED)
    assert [each.code for each in caught.value.problems] == ["JS045"]


@pytest.mark.parametrize("source", ["media:a.mov", "media:A.MOV", "media:./a.mov"])
def test_an_output_that_would_be_written_over_a_source_is_refused(source: str) -> None:
    found = refused(facts(), sources=[source], output_directory="media:", naming_template="a")
    assert [each.code for each in found] == ["JS055"]


# Expectations.


def test_the_gate_is_told_everything_that_must_hold() -> None:
    known = facts(rate=FILM, frames=48, timecode="01:00:00:00", sound=tracks(1, 2))
    expects = planned(known, resolution="half").expects
    assert (expects.frames, expects.frames_off, expects.rate) == (48, 0, FILM)
    assert (expects.width, expects.height, expects.sar) == (960, 540, Fraction(1))
    assert (expects.codec, expects.pixel_format) == ("prores", "yuv422p10le")
    assert (expects.timecode, expects.channels) == ("01:00:00:00", (1, 2))
    assert expects.seconds == Fraction(48 * 1001, 24000)


def test_sound_may_be_longer_than_the_picture_but_not_by_more_than_the_source_says() -> None:
    longest = planned(facts(sound=tracks(1), frames=25)).expects.longest
    assert longest is not None
    assert 4 < longest < Fraction(43, 10)


def test_a_length_that_nobody_knows_is_not_promised() -> None:
    unknown = tuple(type(each)(codec="aac", sample_rate=48000, channels=2) for each in tracks(1))
    assert planned(facts(sound=unknown)).expects.longest is None


def test_only_the_encoders_that_will_run_are_needed() -> None:
    assert planned(facts()).needs == ("prores_ks",)
    assert planned(facts(sound=tracks(2)), codec="h264", container="mp4").needs == ("aac", "libx264")


# Losses.


def test_nothing_is_lost_of_a_plain_clip() -> None:
    assert planned(facts(sound=tracks(1, 1), timecode="01:00:00:00", reel="A001", ignored=("data 3",))).losses == ()


def test_a_second_picture_is_named_and_a_cover_is_none() -> None:
    assert planned(facts(ignored=("video 1", "video 2"))).losses == ("the file has 3 pictures; the first is taken",)
    assert planned(facts(ignored=("cover 1",))).losses == ()


def test_everything_that_is_lost_is_named_together() -> None:
    known = facts(
        constant=False, seconds=Fraction(4), scan="tff", alpha=True, sound=tracks(1, sample_rate=44100), reel="A001"
    )
    assert len(planned(known, codec="h264", container="mp4").losses) == 5


# Safety of the arguments.


def test_a_source_may_be_opened_by_the_demuxer_that_was_probed_and_by_no_other() -> None:
    reading = list(planned(facts()).arguments.reading)
    assert reading[reading.index("-format_whitelist") + 1] == "mov"
    assert reading[reading.index("-protocol_whitelist") + 1] == "file"
    assert reading[reading.index("-max_pixels") + 1] == str(MOST_PIXELS)


def test_only_the_declared_line_gets_its_own_reading_options() -> None:
    assert "-apply_cropping" in planned(facts(), "9.0").arguments.reading
    assert "-apply_cropping" not in planned(facts(), "7.0").arguments.reading


def test_no_word_of_the_source_but_its_reel_and_name_reaches_the_arguments() -> None:
    known = facts(reel="A'001;$(id)", timecode="01:00:00:00")
    words = [each for each in planned(known).arguments.writing if isinstance(each, str) and "A'001" in each]
    assert words == ["reel_name=A'001;$(id)"]


# Refusals.


def test_every_problem_of_every_source_is_told_at_once_each_with_its_place() -> None:
    wrong = [facts(timecode="99:00:00:00"), facts(content="11"), facts(rate=Fraction(15), timecode="01:00:00;00")]
    sources = ["media:a.mov", "media:b.mov", "media:c.mov"]
    found = refused(wrong, sources=sources, codec="dnxhr_lb", container="mxf")
    assert [(each.code, each.path) for each in found] == [
        ("JS073", ("sources", 0)),
        ("JS073", ("sources", 2)),
        ("JS075", ("sources", 2)),
    ]
    assert {each.exit for each in found} == {Exit.INVALID}


def test_a_plan_for_a_line_that_nobody_measured_is_refused() -> None:
    (found,) = refused(facts(), "6.0")
    assert found.code == "JS083"


def test_the_digest_of_a_plan_does_not_depend_on_what_python_hashes() -> None:
    tokens = {name: name for name in ("alpha", "beta", "gamma", "delta")}
    one, other = plan(facts(), tokens=tokens), plan(facts(), tokens=dict(reversed(tokens.items())))
    assert canonical.digest(one) == canonical.digest(other)


def test_planning_a_thousand_sources_takes_them_in_the_order_of_the_spec(tmp_path: Path) -> None:
    sources = [f"media:{number:04d}.mov" for number in reversed(range(1000))]
    made = plan([facts()] * 1000, sources=sources)
    assert [each.source.location for each in made.outputs] == sources
    assert [each.outputs for each in made.tasks] == [(number,) for number in range(1000)]
