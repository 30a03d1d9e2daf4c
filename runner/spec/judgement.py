"""What the fields of a spec say about each other; pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.errors import FieldPath, JobspecError, Problem, problem
from runner.spec import codecs, naming, schema
from runner.spec.audio import judge_audio
from runner.spec.confine import outside
from runner.spec.fields import FIELDS
from runner.spec.location import Location, parse_location
from runner.spec.overlay import judge_overlay
from runner.spec.project import Project, undeclared
from runner.spec.resolution import parse_resolution
from runner.spec.sequence import parse_pattern
from runner.spec.sources import clips_of, entry_of
from runner.spec.templates import is_template_file

EXPLICIT = "explicit"
OUTPUT: FieldPath = ("output_directory",)


@dataclass(frozen=True, slots=True)
class _Context:
    project: Project | None
    template: str | None


def _judge_pair(data: Mapping[str, Any], _: _Context) -> Iterator[Problem]:
    codec, container = codecs.canonical_codec(str(data["codec"])), str(data["container"])
    if reason := codecs.why_not(codec, container):
        yield problem("JS030", ("container",), codec=codec, container=container, reason=reason)


def _judge_rate(data: Mapping[str, Any], _: _Context) -> Iterator[Problem]:
    explicit = data["fps_mode"] == EXPLICIT
    if explicit and data.get("fps_explicit") is None:
        yield problem("JS031", ("fps_explicit",))
    if not explicit and data.get("fps_explicit") is not None:
        yield problem("JS032", ("fps_explicit",), mode=data["fps_mode"])


# What may stand beside what: the settings of one clip would stamp all files of a glob alike.
_BESIDE: Mapping[str, tuple[str, ...]] = {
    "exclude": ("glob",),
    "on_unusable": ("glob",),
    "timecode": ("path", "sequence"),
    "rate": ("sequence",),
    "transfer": ("sequence",),
    "audio": ("path", "glob"),
    "lut": ("path", "sequence", "glob"),
    "tolerate": ("path", "glob"),
}
_SPOKEN = {"path": "a path", "sequence": "a sequence", "glob": "a glob"}


def _entry_problems(data: Mapping[str, Any], _: _Context) -> Iterator[Problem]:
    for index, entry in enumerate(_listed(data)):
        if isinstance(entry, Mapping):
            yield from (each.within(("sources", index)) for each in _judge_entry(entry))


def _judge_entry(entry: Mapping[str, Any]) -> Iterator[Problem]:
    given = [name for name in ("path", "sequence", "glob", "from") if name in entry]
    if len(given) != 1:
        yield problem("JS035", given=" and ".join(given) or "none")
        return
    for name, kinds in _BESIDE.items():
        if name in entry and given[0] not in kinds:
            yield problem("JS039", (name,), found=name, kind=" or ".join(_SPOKEN[kind] for kind in kinds))
    if given == ["sequence"]:
        yield from _judge_sequence(entry)


def _judge_sequence(entry: Mapping[str, Any]) -> Iterator[Problem]:
    if "rate" not in entry:
        yield problem("JS166", ("sequence",))
    try:
        parse_pattern(str(entry["sequence"]))
    except ValueError as error:
        yield problem("JS130", ("sequence",), found=str(entry["sequence"]), reason=str(error))


def _judge_quality(data: Mapping[str, Any], _: _Context) -> Iterator[Problem]:
    quality = data.get("quality")
    codec = codecs.canonical_codec(str(data["codec"]), quality)
    own = codecs.quality_of(codec)
    if quality and codecs.is_profile(codec) and own != quality:
        rungs = codecs.LADDERS[codecs.CODECS[codec].family]
        remedy = f"take {rungs[str(quality)]}, or drop quality"
        yield problem("JS160", ("quality",), found=str(quality), codec=codec, own=own or "its own", remedy=remedy)


def _judge_timecode(data: Mapping[str, Any], _: _Context) -> Iterator[Problem]:
    entries = _listed(data)
    alone = len(entries) == 1 and not (isinstance(entries[0], Mapping) and {"glob", "from"} & entries[0].keys())
    if data.get("timecode") is not None and not alone:
        yield problem("JS161", ("timecode",))


def _judge_conform(data: Mapping[str, Any], _: _Context) -> Iterator[Problem]:
    if data.get("conform") and data["fps_mode"] != EXPLICIT:
        yield problem("JS163", ("conform",))


def _judge_fit(data: Mapping[str, Any], _: _Context) -> Iterator[Problem]:
    if parse_resolution(str(data["resolution"])).box is not None:
        return
    for name, idle in (("fit", "inside"), ("upscale", False)):
        if data.get(name, idle) != idle:
            yield problem("JS165", (name,), resolution=str(data["resolution"]))


def _judge_overlay(data: Mapping[str, Any], _: _Context) -> Iterator[Problem]:
    yield from judge_overlay(data.get("overlay"))


def _judge_audio(data: Mapping[str, Any], _: _Context) -> Iterator[Problem]:
    given: list[tuple[FieldPath, Any]] = [(("audio",), data.get("audio"))]
    for index, entry in enumerate(_listed(data)):
        if isinstance(entry, Mapping):
            given.append((("sources", index, "audio"), entry.get("audio")))
    for path, value in given:
        if value is not None:
            yield from (each.within(path) for each in judge_audio(value, str(data["container"])))


def _listed(data: Mapping[str, Any]) -> list[Any] | tuple[Any, ...]:
    sources = data.get("sources")
    return sources if isinstance(sources, list | tuple) else ()


_NAMED = ("path", "sequence", "glob")


def _texts(data: Mapping[str, Any]) -> Iterator[tuple[FieldPath, Any]]:
    for index, entry in enumerate(_listed(data)):
        if not isinstance(entry, Mapping):
            yield ("sources", index), entry
        else:
            yield from ((("sources", index, name), entry[name]) for name in _NAMED if name in entry)


def _places(texts: Iterable[tuple[FieldPath, Any]]) -> Iterator[tuple[FieldPath, str, Location]]:
    """Yield those places that can be read, patterns included: one that cannot hides no problem of the others."""
    for path, text in texts:
        try:
            yield path, str(text), parse_location(text if isinstance(text, str) else "")
        except ValueError:
            continue


def _judge_twice(data: Mapping[str, Any], _: _Context) -> Iterator[Problem]:
    first: dict[Location, FieldPath] = {}
    for path, text, location in _places(_texts(data)):
        earlier = first.setdefault(location, path)
        if earlier != path:
            yield problem("JS034", path, found=text, first=earlier[1])


def _judge_roots(data: Mapping[str, Any], context: _Context) -> Iterator[Problem]:
    if context.project is None:
        return
    texts = [*_texts(data), (OUTPUT, data.get("output_directory"))]
    for path, _, location in _places(texts):
        if wrong := undeclared(location, context.project):
            yield Problem(code=wrong.code, path=path, found=wrong.found, legal=wrong.legal)
        if forbidden := outside(location, context.project, path):
            yield forbidden
        root = context.project.root(location.root) if location.root and path == OUTPUT else None
        if root and root.read_only:
            yield problem("JS054", OUTPUT, found=root.name)


def _clocks(data: Mapping[str, Any], template: naming.Template) -> list[str]:
    return [name for name in ("date", "time") if name in template.uses and not data.get("created_at")]


def _judge_template(data: Mapping[str, Any], context: _Context) -> Iterator[Problem]:
    if context.template is None:
        if is_template_file(data["naming_template"]):
            yield problem("JS049", naming.FIELD, what=f"the template {data['naming_template']}")
        return
    try:
        template = naming.parse_template(context.template, frozenset(data.get("tokens") or ()))
    except JobspecError as error:
        yield from error.problems
        return
    yield from (problem("JS048", naming.FIELD, found=name) for name in _clocks(data, template))
    needing = sorted(name for name in template.uses & naming.TOKENS.keys() if naming.TOKENS[name].needs == "facts")
    if needing:
        yield problem("JS049", naming.FIELD, what=f"output names, for they use {', '.join(needing)}")
    elif any(isinstance(entry, Mapping) and {"glob", "from"} & entry.keys() for entry in _listed(data)):
        yield problem("JS049", naming.FIELD, what="output names, for the lock says which files there are")


def _judge_output_names(data: Mapping[str, Any], context: _Context) -> Iterator[Problem]:
    """Judge the names, unless something was found or noted about the template that they come from."""
    if next(_judge_template(data, context), None):
        return
    template = naming.parse_template(context.template or "", frozenset(data.get("tokens") or ()))
    names = []
    for index, clip in enumerate(clips_of(map(entry_of, data["sources"]))):
        try:
            tokens = naming.spec_tokens(data, clip, index)
            names.append((clip.path, naming.output_name(template, tokens, clip.path)))
        except JobspecError as error:
            yield from error.problems
    yield from naming.collisions(names)


# Each judgement runs only when the fields it reads are fine for themselves.
_JUDGEMENTS: tuple[tuple[tuple[str, ...], Callable[[Mapping[str, Any], _Context], Iterator[Problem]]], ...] = (
    (("codec", "container"), _judge_pair),
    (("fps_mode", "fps_explicit"), _judge_rate),
    (("codec", "quality"), _judge_quality),
    (("sources", "timecode"), _judge_timecode),
    (("fps_mode", "conform"), _judge_conform),
    (("resolution", "fit", "upscale"), _judge_fit),
    (("overlay",), _judge_overlay),
    (("sources", "container", "audio"), _judge_audio),
    ((), _entry_problems),
    ((), _judge_twice),
    ((), _judge_roots),
    (("naming_template", "tokens", "created_at"), _judge_template),
    (tuple(row.name for row in FIELDS if row.in_yaml), _judge_output_names),
)


def judge(data: Any, project: Project | None = None, template: str | None = None) -> tuple[Problem, ...]:
    """Return every problem of a spec given as plain data, and notes; pure.

    `template` is the text of the template file, when naming_template names one.
    """
    every = tuple(schema.wrong_fields(data))
    found = schema.capped(iter(every))
    if not isinstance(data, Mapping):
        return tuple(found)
    if not is_template_file(data.get("naming_template")):
        template = data.get("naming_template")
    context, wrong = _Context(project, template), {each.path[0] for each in every if each.path}
    for fields, judgement in _JUDGEMENTS:
        if not wrong.intersection(fields):
            found += schema.capped(judgement(data, context))
    return tuple(found)
