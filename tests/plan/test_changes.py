"""Plan against plan: each kind of change by a real edit, its words, and what gets lost."""

from collections.abc import Sequence
from fractions import Fraction

import pytest

from runner.media.facts import Facts
from runner.plan import recipes
from runner.plan.build import Request, build
from runner.plan.changes import Change, Kind, compare, leaves
from runner.plan.model import Plan, moved_parts
from tests.plan.planning import facts, hdr, plan, planned, spec, tracks


def change(before: Plan, after: Plan) -> Change:
    """Return what becomes of the one output that two plans have."""
    (found,) = compare(before, after)
    return found


def kinds(before: Plan, after: Plan) -> list[tuple[str, str]]:
    return [(each.kind, each.output.location) for each in compare(before, after)]


def plans(*requests: Request) -> Plan:
    return build(requests, toolchain="9.0", number=recipes.DECLARED)


def request(job: str, sources: Sequence[str], known: Sequence[Facts] | None = None, **changes: object) -> Request:
    each = tuple(known) if known is not None else tuple(facts(content=source) for source in sources)
    return Request(spec=spec(job_id=job, sources=list(sources), **changes), facts=each, file=f"specs/{job}.yaml")


# Kinds.


def test_the_same_plan_changes_nothing() -> None:
    found = change(plan(facts()), plan(facts()))
    assert (found.kind, found.words, found.losses, found.made) == (Kind.UNCHANGED, (), (), False)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        pytest.param({"resolution": "half"}, "picture height 1080 → 540", id="resolution"),
        pytest.param({"codec": "prores_lt"}, "picture codec prores_proxy → prores_lt", id="codec"),
        pytest.param({"fps_explicit": "24"}, "picture rate 25/1 → 24/1", id="rate"),
    ],
)
def test_another_picture_is_encoded_again(edit: dict[str, str], words: str) -> None:
    found = change(plan(facts()), plan(facts(), **edit))
    assert (found.kind, found.made) == (Kind.REENCODED, True)
    assert words in found.words


def test_other_content_is_encoded_again_although_nothing_is_asked_for_otherwise() -> None:
    found = change(plan(facts(content="1")), plan(facts(content="2")))
    assert (found.kind, found.words, found.made) == (Kind.REENCODED, ("source content",), True)


def test_other_sound_is_encoded_again() -> None:
    found = change(plan(facts(sound=tracks(1, 1))), plan(facts(sound=tracks(1, 2))))
    assert found.kind is Kind.REENCODED
    assert "sound 2 channels 1 → 2" in found.words


def test_another_timecode_alone_is_wrapped_again() -> None:
    found = change(plan(facts(timecode="01:00:00:00")), plan(facts(timecode="02:00:00:00")))
    assert (found.kind, found.words) == (Kind.REWRAPPED, ("wrap timecode 01:00:00:00 → 02:00:00:00",))
    assert found.made


def test_another_container_is_wrapped_again_under_its_other_name() -> None:
    found = change(plan(facts()), plan(facts(), container="mkv"))
    assert found.kind is Kind.REWRAPPED
    assert found.words == ("name proxies:out/a.mov → proxies:out/a.mkv", "wrap container mov → mkv")


def test_another_name_alone_is_a_move_and_has_to_be_made_for_nothing_is_at_its_place() -> None:
    found = change(plan(facts()), plan(facts(), naming_template="{{ source_name }}_proxy"))
    assert (found.kind, found.words) == (Kind.MOVED, ("name proxies:out/a.mov → proxies:out/a_proxy.mov",))
    assert found.made


def test_another_folder_of_records_is_named_although_nothing_is_made() -> None:
    known = [facts()]
    before = plans(Request(spec=spec(), facts=tuple(known)))
    after = plans(Request(spec=spec(), facts=tuple(known), state="state:jobspec"))
    found = change(before, after)
    assert (found.kind, found.words) == (Kind.MOVED, ("records proxies:out/.jobspec → state:jobspec",))
    assert not found.made


def test_records_that_move_with_the_output_directory_are_not_named_beside() -> None:
    found = change(plan(facts()), plan(facts(), output_directory="proxies:new"))
    assert found.words == ("name proxies:out/a.mov → proxies:new/a.mov",)


def test_another_toolchain_alone_outdates() -> None:
    found = change(plan(facts(), "7.0"), plan(facts(), "9.0"))
    assert (found.kind, found.words, found.made) == (Kind.OUTDATED, ("FFmpeg 7.0 → 9.0",), True)


def test_an_output_that_comes_is_added_and_one_that_goes_is_removed() -> None:
    before, after = plans(request("day", ["media:a.mov"])), plans(request("day", ["media:b.mov"]))
    assert kinds(before, after) == [("removed", "proxies:out/a.mov"), ("added", "proxies:out/b.mov")]
    gone, come = compare(before, after)
    assert (gone.made, come.made) == (False, True)
    assert (gone.words, come.words) == ((), ())


@pytest.mark.parametrize(
    "edit",
    [{"job_id": "another"}, {"created_at": "2026-11-23T08:00:00Z"}, {"tokens": {"show": "X"}}],
    ids=["the job id", "the clock", "tokens"],
)
def test_what_no_name_shows_changes_nothing(edit: dict[str, object]) -> None:
    assert change(plan(facts()), plan(facts(), **edit)).kind is Kind.UNCHANGED


# Who is compared with whom.


def test_an_output_is_compared_with_the_one_at_its_place_whatever_its_source() -> None:
    names = {"naming_template": "{{ index }}"}
    before = plans(request("day", ["media:a.mov", "media:b.mov"], **names))
    after = plans(request("day", ["media:b.mov", "media:a.mov"], **names))
    assert {each.kind for each in compare(before, after)} == {Kind.REENCODED}


def test_jobs_that_make_the_same_of_one_source_keep_each_its_own_output_when_names_change() -> None:
    def both(template: str) -> Plan:
        jobs = (request(job, ["media:a.mov"], naming_template=template) for job in ("one", "two"))
        return plans(*jobs)

    found = compare(both("{{ job_id }}"), both("{{ job_id }}_v2"))
    assert [(each.kind, each.before and each.before.job, each.after and each.after.job) for each in found] == [
        (Kind.MOVED, "one", "one"),
        (Kind.MOVED, "two", "two"),
    ]


def test_a_job_that_goes_does_not_take_the_new_name_of_another_that_makes_the_same() -> None:
    before = plans(*(request(job, ["media:a.mov"], naming_template="{{ job_id }}") for job in ("one", "two")))
    after = plans(request("two", ["media:a.mov"], naming_template="{{ job_id }}_v2"))
    assert [(each.kind, each.before and each.before.job) for each in compare(before, after)] == [
        (Kind.REMOVED, "one"),
        (Kind.MOVED, "two"),
    ]


def test_renamed_jobs_whose_names_show_it_move_all_their_outputs() -> None:
    def both(*jobs: str) -> Plan:
        return plans(*(request(job, ["media:a.mov"], naming_template="{{ job_id }}") for job in jobs))

    assert [each.kind for each in compare(both("one", "two"), both("three", "four"))] == [Kind.MOVED, Kind.MOVED]


def test_an_output_that_is_named_and_encoded_otherwise_is_still_that_of_its_job_and_source() -> None:
    found = change(
        plan(facts(), naming_template="{{ codec }}"), plan(facts(), naming_template="{{ codec }}", codec="h264")
    )
    assert found.kind is Kind.REENCODED
    assert found.words[0] == "name proxies:out/prores_proxy.mov → proxies:out/h264.mov"


def test_changes_are_sorted_by_place_whatever_the_order_of_the_plans() -> None:
    requests = [request(job, [f"media:{job}.mov"]) for job in ("c", "a", "b")]
    assert kinds(plans(), plans(*requests)) == kinds(plans(), plans(*reversed(requests)))
    assert [place for _, place in kinds(plans(), plans(*requests))] == [f"proxies:out/{job}.mov" for job in "abc"]


# Losses.


def losses(before: Facts, after: Facts, was: dict[str, str], now: dict[str, str]) -> tuple[str, ...]:
    return change(plan(before, **was), plan(after, **now)).losses


def test_a_loss_that_was_there_before_is_no_news() -> None:
    assert change(plan(facts(alpha=True)), plan(facts(alpha=True), resolution="half")).losses == ()


def test_all_losses_of_an_output_that_comes_are_named() -> None:
    (come,) = compare(plans(), plan(facts(alpha=True, reel="A001"), container="mkv"))
    assert come.losses == ("alpha is dropped", "reel A001 is not carried by mkv")


def test_what_goes_loses_nothing() -> None:
    (gone,) = compare(plan(facts(alpha=True)), plans())
    assert gone.losses == ()


@pytest.mark.parametrize(
    ("before", "after", "was", "now", "lost"),
    [
        pytest.param(
            facts(alpha=True),
            facts(alpha=True),
            {"codec": "prores_4444"},
            {"codec": "prores_hq"},
            "alpha is dropped",
            id="alpha, by the codec",
        ),
        pytest.param(
            facts(alpha=True),
            facts(content="01"),
            {"codec": "prores_4444"},
            {"codec": "prores_4444"},
            "alpha is not there any more",
            id="alpha, by the source",
        ),
        pytest.param(facts(), facts(), {}, {"fps_explicit": "24"}, "frame rate 25 becomes 24", id="rate, by the spec"),
        pytest.param(
            facts(rate=Fraction(24000, 1001)),
            facts(rate=Fraction(25), content="01"),
            {},
            {},
            "frame rate 23.976 → 25",
            id="rate, by the source",
        ),
        pytest.param(
            facts(),
            facts(),
            {"fps_explicit": "24"},
            {},
            "frame rate 24 → 25",
            id="rate, back to the source's",
        ),
        pytest.param(
            facts(sound=tracks(1, 1, 2)),
            facts(sound=tracks(2), content="01"),
            {},
            {},
            "audio channels 4 → 2",
            id="fewer audio channels",
        ),
        pytest.param(
            facts(colour=hdr("smpte2084")),
            facts(content="01"),
            {},
            {},
            "HDR (PQ) → SDR",
            id="PQ",
        ),
        pytest.param(
            facts(colour=hdr("arib-std-b67")),
            facts(content="01"),
            {},
            {},
            "HDR (HLG) → SDR",
            id="HLG",
        ),
        pytest.param(
            facts(timecode="01:00:00:00"),
            facts(content="01"),
            {},
            {},
            "timecode 01:00:00:00 is not carried any more",
            id="timecode",
        ),
        pytest.param(
            facts(),
            facts(),
            {"resolution": "1280x720"},
            {"resolution": "3840x2160"},
            "3840x2160 asked, not upscaled from 1920x1080",
            id="upscale refused",
        ),
        pytest.param(
            facts(reel="A001", timecode="01:00:00:00"),
            facts(reel="A001", timecode="01:00:00:00"),
            {},
            {"container": "mkv"},
            "reel A001 is not carried by mkv",
            id="reel",
        ),
    ],
)
def test_what_gets_lost_is_called_by_its_name_and_once(
    before: Facts, after: Facts, was: dict[str, str], now: dict[str, str], lost: str
) -> None:
    assert losses(before, after, was, now) == (lost,)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(facts(sound=tracks(2)), facts(sound=tracks(1, 1), content="01"), id="as many channels"),
        pytest.param(facts(sound=tracks(1)), facts(sound=tracks(2), content="01"), id="more channels"),
        pytest.param(facts(), facts(timecode="01:00:00:00", content="01"), id="a timecode that comes"),
        pytest.param(facts(), facts(colour=hdr("smpte2084"), content="01"), id="HDR that comes"),
    ],
)
def test_what_does_not_get_less_is_no_loss(before: Facts, after: Facts) -> None:
    assert losses(before, after, {}, {}) == ()


@pytest.mark.parametrize(
    ("size", "resolution", "asked"),
    [
        pytest.param((1280, 720), "1920x1080", True, id="larger than the picture"),
        pytest.param((1920, 1080), "1920x1080", False, id="the very size"),
        pytest.param((1440, 1080), "1920x1080", False, id="filled in height"),
        pytest.param((1920, 800), "1920x1080", False, id="filled in width"),
        pytest.param((3840, 2160), "1920x1080", False, id="smaller than the picture"),
        pytest.param((1280, 720), "half", False, id="no box"),
    ],
)
def test_only_a_box_that_the_picture_cannot_fill_is_an_upscale_that_is_refused(
    size: tuple[int, int], resolution: str, asked: bool
) -> None:
    output = planned(facts(width=size[0], height=size[1]), resolution=resolution)
    wanted = (f"{resolution} asked, not upscaled from {size[0]}x{size[1]}",) if asked else ()
    assert output.losses == wanted


def test_a_box_is_compared_with_the_picture_as_it_is_seen() -> None:
    turned = planned(facts(width=1280, height=720, rotation=90), resolution="1080x1920")
    assert turned.losses == ("1080x1920 asked, not upscaled from 720x1280",)
    anamorphic = planned(facts(width=1440, height=1080, sar=Fraction(4, 3)), resolution="1920x1200")
    assert anamorphic.losses == ()


# The parts.


def test_the_parts_in_which_two_keys_differ_are_named() -> None:
    old, new = planned(facts()).key, planned(facts(content="01"), codec="h264").key
    assert moved_parts(old, new) == ("source", "picture", "recipes")
    assert moved_parts(old, old) == ()


def test_a_value_is_laid_out_flat_with_the_tracks_of_a_list_numbered_from_one() -> None:
    flat = leaves(planned(facts(sound=tracks(1, 2))).intent)
    assert flat["picture codec"] == "prores_proxy"
    assert (flat["sound 1 channels"], flat["sound 2 channels"]) == (1, 2)
    assert flat["wrap container"] == "mov"
