"""A saved plan is believed only as far as what it embeds gives it again."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from runner import canonical
from runner.errors import Exit, JobspecError
from runner.media.facts import Facts
from runner.plan import document
from runner.plan.build import Request, build
from runner.plan.model import Plan
from runner.plan.trust import trusted
from tests.plan.planning import FILM, facts, plan, spec, tracks

Line = dict[str, Any]


@pytest.fixture
def saved() -> Plan:
    """A plan of two jobs, with something in most fields."""
    first = facts(sound=tracks(1, 1), timecode="01:00:00:00", reel="A001", rate=FILM, scan="tff", ignored=("data 3",))
    second = facts(content="11", constant=False, seconds=FILM, rotation=90)
    day = Request(
        spec=spec(
            sources=["media:Töne/it's\n1.mov", "/card/b.mov"], naming_template="{{ index }}_{{ reel|default('x') }}"
        ),
        facts=(first, second),
        indices=(7, 3),
        skipped=(("media:c.mov", "it is cut off"),),
        state="proxies:state",
        file="specs/day.yaml",
        toolchain="7.0",
        number=1,
    )
    night = Request(spec=spec(job_id="night", output_directory="proxies:night"), facts=(second,), file="specs/n.yaml")
    return build([day, night], toolchain="9.0", number=1)


def lines_of(saved: Plan) -> list[Line]:
    return [json.loads(line) for line in document.lines(saved)]


def written(lines: list[Line]) -> list[bytes]:
    return [json.dumps(line).encode() + b"\n" for line in lines]


def refused(lines: list[Line]) -> str:
    with pytest.raises(JobspecError) as caught:
        trusted(written(lines))
    assert caught.value.exit is Exit.INVALID
    return str(caught.value)


def of_kind(lines: list[Line], kind: str) -> list[Line]:
    return [line["value"] for line in lines if line["line"] == kind]


def test_a_plan_that_nobody_touched_is_believed(saved: Plan) -> None:
    assert trusted(document.lines(saved)) == saved


@pytest.mark.parametrize("container", ["mov", "mkv", "mxf"])
@pytest.mark.parametrize("known", [facts(sound=tracks(2)), facts(rgb=True, alpha=True)], ids=["sound", "alpha"])
def test_every_kind_of_plan_is_given_again_by_its_inputs(container: str, known: Facts) -> None:
    made = plan(
        [known], container=container, tokens={"show": "x"}, naming_template="{{ tokens.show }}", fps_explicit=24
    )
    assert trusted(document.lines(made)) == made


def test_a_plan_without_outputs_is_believed() -> None:
    empty = build([Request(spec=spec(sources=[]), facts=(), skipped=(("media:a", "x"),))], toolchain="9.0", number=1)
    assert trusted(document.lines(empty)) == empty


def set_to(*path: str | int, to: object) -> Callable[[Line], None]:
    def spoil(value: Line) -> None:
        at: Any = value
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = to

    return spoil


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        pytest.param(lambda o: o["arguments"]["writing"].insert(0, "-y"), "arguments", id="an argument more"),
        pytest.param(lambda o: o["arguments"]["reading"].remove("-xerror"), "arguments", id="an argument less"),
        pytest.param(
            lambda o: o["arguments"]["filters"].append("movie=/etc/passwd"), "arguments", id="a filter that reads files"
        ),
        pytest.param(set_to("directory", to="proxies:elsewhere"), "directory", id="another folder"),
        pytest.param(set_to("directory", to="/etc"), "directory", id="a folder of the system"),
        pytest.param(set_to("name", to="../../x.mov"), "name", id="a name that leaves its folder"),
        pytest.param(set_to("state", to="/tmp"), "state", id="another place for records"),
        pytest.param(set_to("needs", to=[]), "needs", id="fewer encoders"),
        pytest.param(set_to("losses", to=["all is well"]), "losses", id="other losses"),
        pytest.param(set_to("expects", "frames", to=1), "expects", id="an easier gate"),
        pytest.param(set_to("expects", "rate", to="9" * 400 + "/1"), "expects", id="a rate beyond floats"),
        pytest.param(set_to("key", "source", to="0" * 32), "key", id="another key"),
        pytest.param(set_to("key", "toolchain", to="9.0"), "key", id="another toolchain"),
        pytest.param(set_to("intent", "picture", "width", to=2), "intent", id="another intent"),
        pytest.param(set_to("source", "facts", "picture", "width", to=1280), "", id="facts that lead elsewhere"),
        pytest.param(set_to("source", "facts", "content", "size", to=1), "key", id="facts of another source"),
        pytest.param(set_to("source", "facts", "timecode", to="02:00:00:00"), "", id="another timecode"),
        pytest.param(set_to("source", "location", to="/etc/passwd"), "source", id="another source"),
    ],
)
def test_an_output_that_its_inputs_do_not_give_is_refused_and_named(
    saved: Plan, spoil: Callable[[Line], None], field: str
) -> None:
    lines = lines_of(saved)
    spoil(of_kind(lines, "output")[0])
    told = refused(lines)
    assert told.startswith("JS121: the plan is not what its own inputs give: ")
    assert field in told
    assert told.endswith(" cannot be got from its inputs; make it anew with `jobspec plan`")


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(set_to("spec", "codec", to="h264"), id="another codec"),
        pytest.param(set_to("spec", "codec", to="nothing"), id="a codec that there is not"),
        pytest.param(set_to("spec", "resolution", to="haf"), id="a resolution that there is not"),
        pytest.param(set_to("spec", "fps_mode", to="explicit"), id="a rate that is missing"),
        pytest.param(set_to("spec", "fps_explicit", to="fast"), id="a rate that is none"),
        pytest.param(set_to("spec", "output_directory", to="../x"), id="a folder out of its root"),
        pytest.param(set_to("spec", "sources", to=["media:../a", "b"]), id="a source out of its root"),
        pytest.param(set_to("spec", "sources", to=[{"glob": "media:*"}]), id="a glob for a source"),
        pytest.param(set_to("spec", "sources", to=["a", "b", "c"]), id="a source too many"),
        pytest.param(set_to("spec", "sources", to={}), id="no list of sources"),
        pytest.param(set_to("spec", "naming_template", to="../{{ source_name }}"), id="a name out of its folder"),
        pytest.param(set_to("spec", "naming_template", to="{{ ''.__class__ }}"), id="a template that reaches out"),
        pytest.param(set_to("spec", "resolved_tokens", to={}), id="no tokens"),
        pytest.param(set_to("spec", "resolved_tokens", to={"/card/b.mov": {"reel": "../x"}}), id="other tokens"),
        pytest.param(set_to("spec", "resolved_tokens", to={"/card/b.mov": []}), id="tokens that are none"),
        pytest.param(set_to("spec", "tokens", to={"a": {"b": {}}}), id="tokens of another kind"),
        pytest.param(set_to("spec", "mood", to="sad"), id="a field that there is not"),
        pytest.param(set_to("spec", to={}), id="an empty spec"),
        pytest.param(set_to("job_id", to="night"), id="the id of another job"),
        pytest.param(set_to("state", to="/tmp"), id="another place for records"),
        pytest.param(set_to("file", to="specs/other.yaml"), id="another file"),
        pytest.param(set_to("toolchain", to="9.0"), id="another toolchain"),
        pytest.param(set_to("toolchain", to="1.0"), id="a toolchain that there is not"),
        pytest.param(set_to("recipes", to=99), id="recipes that there are not"),
        pytest.param(set_to("skipped", to=[]), id="nothing skipped"),
    ],
)
def test_a_job_that_was_edited_is_refused(saved: Plan, spoil: Callable[[Line], None]) -> None:
    lines = lines_of(saved)
    spoil(of_kind(lines, "job")[0])
    refused(lines)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda lines: lines.pop(), id="a task less"),
        pytest.param(lambda lines: lines[-1]["value"].update(outputs=[99]), id="a task of an output that is none"),
        pytest.param(lambda lines: lines[-1]["value"].update(source="/etc/passwd"), id="a task of another source"),
        pytest.param(lambda lines: lines.append(lines[-1]), id="a task twice"),
        pytest.param(lambda lines: lines.pop(3), id="an output less"),
        pytest.param(lambda lines: lines.insert(3, lines[3]), id="an output twice"),
        pytest.param(lambda lines: lines.insert(3, lines.pop(4)), id="outputs in another order"),
        pytest.param(lambda lines: lines.pop(1), id="a job less"),
        pytest.param(lambda lines: lines.insert(1, lines[1]), id="a job twice"),
        pytest.param(lambda lines: lines[0]["value"].update(inputs="sha256:0"), id="another digest"),
        pytest.param(lambda lines: lines[0]["value"].update(format=2), id="another format"),
        pytest.param(lambda lines: lines[0]["value"].update(toolchain=["9.0"]), id="another toolchain"),
        pytest.param(lambda lines: lines.__delitem__(slice(1, None)), id="a header alone"),
        pytest.param(lambda lines: lines.pop(0), id="no header"),
    ],
)
def test_lines_that_came_or_went_are_noticed(saved: Plan, spoil: Callable[[list[Line]], None]) -> None:
    lines = lines_of(saved)
    spoil(lines)
    refused(lines)


def test_an_edit_with_a_digest_that_fits_it_is_refused_all_the_same(saved: Plan) -> None:
    lines = lines_of(saved)
    of_kind(lines, "output")[0]["arguments"]["writing"].insert(0, "-y")
    sources = [each["source"] for each in of_kind(lines, "output")]
    lines[0]["value"]["inputs"] = canonical.digest([of_kind(lines, "job"), sources])
    assert "arguments of proxies:out/" in refused(lines)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"\xff\xfe\n", id="no text"),
        pytest.param(b'{"line":"job","value":{"spec":' + b'{"a":' * 20_000 + b"\n", id="nested without end"),
        pytest.param(b'{"line":"header","value":{"format":NaN}}\n', id="NaN"),
        pytest.param(b"[]\n", id="a list"),
    ],
)
def test_what_is_no_plan_is_named_by_its_line(saved: Plan, line: bytes) -> None:
    with pytest.raises(JobspecError, match="JS052: line 3 of the plan cannot be read") as caught:
        trusted([*list(document.lines(saved))[:2], line])
    assert caught.value.exit is Exit.INVALID


def test_values_nested_as_deep_as_can_be_read_are_refused_and_no_crash(saved: Plan) -> None:
    for depth in (50, 400, 800, 950):
        header, job, *others = document.lines(saved)
        nested = b'"tokens":{"a":' + b"[" * depth + b"]" * depth + b"},"
        spoilt = job.replace(b'"spec":{', b'"spec":{' + nested, 1)
        with pytest.raises(JobspecError):
            trusted([header, spoilt, *others])
