"""Any text, any bytes, any value in any place: answered in words, never by a traceback. Bounded in examples."""

import json
import re
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner import canonical
from runner.errors import JobspecError, errors
from runner.media.lock import LONGEST_LINE, read_lock, salvage_lock
from runner.plan import document
from runner.plan.arguments import Binding, bind
from runner.plan.build import Request, build
from runner.plan.trust import trusted
from runner.spec import naming
from runner.spec.codecs import CODECS, CONTAINERS
from runner.spec.fields import FIELDS
from runner.spec.location import Mounts
from runner.spec.model import JobSpec
from runner.spec.project import read_project
from runner.spec.repository import read_spec
from runner.spec.source import read_yaml
from runner.spec.tree import WorkTree
from runner.text import harmless
from tests.hostile.corpus import HEADER, cases, line
from tests.plan.planning import facts, spec, tracks

often = settings(max_examples=150, deadline=2000, suppress_health_check=list(HealthCheck))
texts = st.text(st.characters(), max_size=60) | st.text("{}[]:-&*!<#|>'\"%@` \n\tab1.,?~", max_size=60)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
FINE: dict[str, Any] = {row.name: row.example for row in FIELDS if row.required}


@often
@given(texts)
def test_any_text_is_yaml_or_told_why_not(text: str) -> None:
    with suppress(JobspecError):
        read_yaml(text.encode("utf-8", "surrogatepass"), "a.yaml")


@often
@given(st.binary(max_size=200))
def test_any_bytes_are_a_spec_a_lock_a_project_or_told_why_not(data: bytes) -> None:
    for read in (
        lambda: read_yaml(data, "a.yaml"),
        lambda: read_lock(data, "a.lock.jsonl", "a.yaml"),
        lambda: read_lock(HEADER.encode() + data, "a.lock.jsonl", "a.yaml"),
        lambda: salvage_lock(data),
        lambda: document.read([data]),
        lambda: JobSpec.from_json(data),
    ):
        with suppress(JobspecError):
            read()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("r")
    (top / "specs").mkdir()
    return top


@often
@given(field=st.sampled_from([row.name for row in FIELDS]), value=json_values)
def test_any_value_in_any_field_is_judged(place: Path, field: str, value: Any) -> None:
    (place / "jobspec.toml").write_text("[roots]\nmedia = ''\nproxies = ''\n")
    data = json.dumps({**FINE, field: value}, allow_nan=True)
    (place / "specs/a.yaml").write_text(data, encoding="utf-8", errors="surrogatepass")
    tree = WorkTree(place)
    reading = read_spec(tree, "specs/a.yaml", read_project(tree))
    assert reading.spec or reading.problems
    for each in reading.problems:
        assert harmless(str(each)) == str(each)
    with suppress(JobspecError):
        JobSpec.from_dict({**FINE, field: value}).problems()


@often
@given(data=texts)
def test_any_text_is_a_project_or_told_why_not(place: Path, data: str) -> None:
    (place / "jobspec.toml").write_bytes(data.encode("utf-8", "surrogatepass"))
    with suppress(JobspecError):
        read_project(WorkTree(place))


WORDS = (
    "{{ }} {% %} if else elif endif codec tokens . tokens.x | lower upper default replace ( ) 'a' '/' '..' , == not and"
    " or in 1 9999 raw endraw - ~ * source_name for set {# #}"
)
words = st.sampled_from(WORDS.split(" "))
templates = st.lists(words, max_size=30).map(" ".join) | texts
LEGAL = re.compile(r"[^\x00-\x1f\x7f-\x9f<>:\"|?*\\%\u202a-\u202e\u2066-\u2069]+")


@often
@given(text=templates, stem=texts)
def test_any_template_gives_a_legal_name_or_is_told_why_not(text: str, stem: str) -> None:
    tokens = {"codec": "h264", "container": "mov", "source_name": stem, "tokens.x": stem}
    with suppress(JobspecError):
        name = naming.output_name(naming.parse_template(text, frozenset("x")), tokens, "media:a.mov")
        for part in name.split("/"):
            assert LEGAL.fullmatch(part)
            assert part not in (".", "..")
            assert part[0] not in "-. "
            assert part[-1] not in ". "
            assert len(part.encode()) <= 255


@often
@given(texts)
def test_what_was_made_harmless_stays_so_and_is_one_line(text: str) -> None:
    made = harmless(text)
    assert harmless(made) == made
    assert len(made.splitlines()) <= 1
    made.encode()


def _spoilt(value: Any, path: list[Any], to: Any) -> Any:
    """Return plain data with one place in it set to something else; the path is taken as far as it leads."""
    if not path or not isinstance(value, dict | list) or not value:
        return to
    if isinstance(value, dict):
        name = sorted(value)[path[0] % len(value)]
        return {**value, name: _spoilt(value[name], path[1:], to)}
    index = path[0] % len(value)
    return [*value[:index], _spoilt(value[index], path[1:], to), *value[index + 1 :]]


paths = st.lists(st.integers(0, 40), min_size=1, max_size=8)


@often
@given(path=paths, to=json_values)
def test_any_place_of_a_lock_may_be_spoilt(path: list[Any], to: Any) -> None:
    source = canonical.plain(facts(sound=tracks(1, 2), timecode="01:00:00:00", reel="A001"))
    known = json.dumps(_spoilt(source, path, to))
    written = (HEADER + line(known)).encode()
    assert len(written) < LONGEST_LINE
    try:
        lock = read_lock(written, "a.lock.jsonl", "a.yaml")
        for each in lock.sources:
            assert each.facts
            accepted(build([Request(spec=spec(), facts=(each.facts,))], toolchain="9.0", number=1))
    except JobspecError as error:
        assert error.problems


PLAN = build([Request(spec=spec(), facts=(facts(sound=tracks(1)),), file="specs/a.yaml")], toolchain="9.0", number=1)
LINES = [msgspec.json.decode(each) for each in document.lines(PLAN)]


@often
@given(path=paths, to=json_values)
def test_any_place_of_a_saved_plan_may_be_spoilt(path: list[Any], to: Any) -> None:
    spoilt = _spoilt(LINES, path, to)
    try:
        accepted(trusted(json.dumps(each).encode() for each in spoilt))
    except JobspecError as error:
        assert error.problems


_WHITELISTED = ("-protocol_whitelist", "file")
_PLACES = (Path("/mnt/media"), Path("/mnt/proxies"), Path("/work/folder"), Path("/repo"))


def accepted(plan: Any) -> None:
    """Assert of every generated command line what no part of planning is asked: its files, and what names them."""
    mounts = Mounts({"media": _PLACES[0], "proxies": _PLACES[1], "repo": _PLACES[3]})
    binding = Binding(mounts, Path("/usr/bin/ffmpeg"), (_PLACES[2],), 1)
    for output in plan.outputs:
        each = output.arguments
        written = ("-vf", ",".join(each.filters)) if each.filters else ()
        argv = bind((*each.reading, *written, *each.writing, "-y"), binding)
        inputs = [argv[number + 1] for number, word in enumerate(argv) if word == "-i"]
        assert len(inputs) == 1
        assert inputs[0].startswith("file:/")
        assert any(Path(inputs[0][5:]).is_relative_to(folder) for folder in _PLACES)
        assert _WHITELISTED in list(pairwise(argv))[: argv.index("-i")]
        assert "-format_whitelist" in argv[: argv.index("-i")]
        assert "-max_pixels" in argv[: argv.index("-i")]
        assert not any("\0" in word for word in argv)
        graph = written[1] if written else ""
        assert not re.search(r"movie|://|\.\./|/etc|sendcmd", graph)
        assert Path(output.name).parts[0] not in ("/", "..")
        assert not output.work_name.startswith("-")


_WORDS = (
    "-y",
    "-f",
    "http://x/",
    "concat:a|b",
    "pipe:0",
    "%d",
    "..",
    "/etc/passwd",
    "a'[x];movie=b,%{pts}:",
    "x\n-i y",
)
names = st.sampled_from(_WORDS) | texts
PAIRS = [(codec, name) for name, row in CONTAINERS.items() for codec in CODECS if CODECS[codec].family in row.holds]


ACCEPTED: list[JobSpec] = []


@often
@given(st.sampled_from(PAIRS), names, names, names, names, names)
def test_the_command_line_of_every_accepted_spec_is_sound(
    pair: tuple[str, str], source: str, template: str, burnt: str, reel: str, title: str
) -> None:
    job = spec(
        sources=[f"media:a{source}"],
        codec=pair[0],
        container=pair[1],
        naming_template=f"{{{{ source_name }}}}{template}",
        overlay=[{"show": "text", "text": burnt}, {"show": "source_name"}],
    )
    if errors(job.problems()):
        return
    said = {"reel": reel.replace("\0", "") or None, "clip": title.replace("\0", "") or None}
    with suppress(JobspecError):
        known = msgspec.structs.replace(facts(sound=tracks(2, 2)), **said)
        plan = build([Request(spec=job, facts=(known,))], toolchain="9.0", number=1)
        accepted(plan)
        ACCEPTED.append(job)
        for output in plan.outputs:
            graph = ",".join(output.arguments.filters)
            assert not any(len(text) > 3 and text in graph for text in (source, burnt, reel, title))


def test_some_of_them_were_accepted() -> None:
    test_the_command_line_of_every_accepted_spec_is_sound()
    assert len(ACCEPTED) > 5


def test_the_command_line_of_every_accepted_lock_of_the_corpus_is_sound() -> None:
    fine = 0
    for case in cases():
        if (data := case.files.get("specs/a.lock.jsonl")) is None:
            continue
        with suppress(JobspecError):
            for each in read_lock(data, "a.lock.jsonl", "a.yaml").sources:
                if each.facts:
                    accepted(build([Request(spec=spec(), facts=(each.facts,))], toolchain="9.0", number=1))
                    fine += 1
    assert fine >= 2
