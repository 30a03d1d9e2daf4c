"""JobSpec: the job as its author wrote it, immutable, serialisable, free of any machine's state."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from fractions import Fraction
from numbers import Number
from pathlib import Path
from typing import Any

from runner import canonical
from runner.errors import JobSpecValidationError, Problem, errors, problem
from runner.spec import codecs, schema
from runner.spec.fields import VERSION
from runner.spec.judgement import judge
from runner.spec.location import REPOSITORY, Mounts, is_location, parse_location
from runner.spec.luts import read_luts
from runner.spec.pairs import Pairs, mapping_of, pairs_of, plain_text
from runner.spec.presence import missing_sources
from runner.spec.project import Project, mounts_here
from runner.spec.rates import parse_rate, rate_text
from runner.spec.sources import Clip, Entry, clips_of, entry_of, globs_of, plain_entry
from runner.spec.templates import read_template
from runner.spec.tree import WorkTree, repository_of


class FpsMode(StrEnum):
    """Whether every frame is kept, or the picture resampled to a rate that the spec names."""

    SAME_AS_SOURCE = "same-as-source"
    EXPLICIT = "explicit"


def _rate(value: Any) -> Any:
    """Return a rate in its one form; a number that is none as text, since JSON has no NaN and no Decimal."""
    text = str(value) if isinstance(value, Number) and not isinstance(value, bool) else value
    try:
        return rate_text(parse_rate(str(text)))
    except ValueError:
        return text


def _mode(value: Any) -> Any:
    return FpsMode(value) if value in list(FpsMode) else value


def _entries(value: Any) -> Any:
    return tuple(map(entry_of, value)) if isinstance(value, list | tuple) else value


def _overlays(value: Any) -> Any:
    """Return burn-ins as a tuple of pairs; one alone may stand without a list."""
    return (pairs_of(value),) if isinstance(value, Mapping) else pairs_of(value)


# How the constructor brings each field into its one form.
_FORMS: dict[str, Callable[[Any], Any]] = {
    "sources": _entries,
    "fps_mode": _mode,
    "fps_explicit": lambda value: None if value is None else _rate(value),
    "resolved_tokens": pairs_of,
    "tokens": pairs_of,
    "audio": pairs_of,
    "overlay": _overlays,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """A transcoding job.

    The constructor normalises (tuples, rate strings, short codec names) and never refuses: `problems` says what
    is wrong, `validate` also looks whether the sources are there. Given no `job_id`, the id is a digest of the
    content. `fps_explicit` is frames a second as "24000/1001". `resolved_tokens` maps each source to the values
    its naming tokens had; the planner fills it.
    """

    job_id: str = ""
    sources: tuple[Entry, ...]
    output_directory: str
    codec: str
    container: str
    resolution: str
    fps_mode: FpsMode
    fps_explicit: str | None = None
    naming_template: str
    resolved_tokens: tuple[tuple[str, Pairs], ...] = field(default=())
    created_at: str | None = None
    tokens: Pairs = field(default=())
    fit: str = "inside"
    upscale: bool = False
    scan: str = "preserve"
    color: str = "preserve"
    conform: bool = False
    quality: str | None = None
    timecode: str | None = None
    audio: Any = "preserve"
    lut: str | None = None
    overlay: tuple[Pairs, ...] = ()

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = _FORMS.get(name, plain_text)(getattr(self, name))
            object.__setattr__(self, name, value)
        if isinstance(self.codec, str):
            object.__setattr__(self, "codec", codecs.canonical_codec(self.codec, self.quality))
        if not self.job_id:
            content = {**self.to_dict(), "job_id": "", "resolved_tokens": {}}
            object.__setattr__(self, "job_id", canonical.short(_content(content)))

    @property
    def rate(self) -> Fraction | None:
        """The explicit frame rate, if there is one."""
        return parse_rate(self.fps_explicit) if self.fps_explicit else None

    @property
    def paths(self) -> tuple[str, ...]:
        """The places of the sources that are one clip each; all of them, in a resolved spec."""
        return tuple(clip.path for clip in self.clips)

    @property
    def clips(self) -> tuple[Clip, ...]:
        """The sources that are one clip each, with what the spec says of each alone."""
        return clips_of(self.sources if isinstance(self.sources, tuple) else ())

    @property
    def own_tokens(self) -> dict[str, str]:
        """The spec's own tokens, by name."""
        return dict(self.tokens)

    def to_dict(self) -> dict[str, Any]:
        """Return the spec as plain data, fields in the contract's order, later fields only when set."""
        data: dict[str, Any] = {"jobspec_version": VERSION}
        for name in self.__slots__:
            value = getattr(self, name)
            if name not in _LATER or value != _LATER[name]:
                data[name] = _OUTWARD.get(name, _same)(value)
        return data

    @classmethod
    def from_dict(cls, data: Any) -> "JobSpec":
        """Read plain data. Raises JobSpecValidationError when it has not the shape of a JobSpec."""
        if wrong := schema.capped(each for each in schema.wrong_fields(data) if each.code in schema.SHAPE):
            raise JobSpecValidationError(wrong)
        return cls(**{name: value for name, value in data.items() if name != "jobspec_version"})

    def to_json(self) -> str:
        """Return the spec as JSON, in the contract's order, two spaces deep, with a line end."""
        text = json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"
        # A file name that is no UTF-8 holds surrogates, which Python writes back as the escapes that JSON has.
        return text.encode("utf-8", "backslashreplace").decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> "JobSpec":
        """Read what `to_json` wrote. Raises JobSpecValidationError."""
        try:
            text = text.decode("utf-8-sig") if isinstance(text, bytes) else text
            data = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise JobSpecValidationError(problem("JS052", reason=f"not JSON: {error}")) from None
        return cls.from_dict(data)

    def problems(self, project: Project | None = None, template: str | None = None) -> tuple[Problem, ...]:
        """Return all that is wrong with this spec, and notes on what could not be judged; looks at nothing.

        `project` adds the declared roots; `template` is the text of the template file that the spec names.
        """
        return judge(self.to_dict(), project, template)

    def validate(self, mounts: Mounts | None = None, project: Project | None = None) -> None:
        """Check the spec and, by stat, that its sources are existing, regular, readable files.

        Relative places and a template file are looked for below the working directory's repository unless
        `mounts` says otherwise. Raises JobSpecValidationError with all problems.
        """
        top = repository_of(Path.cwd())
        mounts = mounts or mounts_here(top, roots_of(self), {}, os.environ)
        tree = WorkTree(mounts.folders.get(REPOSITORY, top))
        template, missing = read_template(self.naming_template, tree)
        found = [*self.problems(project, template), *missing]
        found += [] if errors(found) else read_luts(self, tree)[1]
        found += missing_sources(self.sources if isinstance(self.sources, tuple) else (), mounts)
        if wrong := errors(found):
            raise JobSpecValidationError(wrong)


def _same(value: Any) -> Any:
    return value


_OUTWARD: dict[str, Callable[[Any], Any]] = {
    "sources": lambda value: [plain_entry(each) for each in value] if isinstance(value, tuple) else value,
    "fps_mode": lambda value: str(value) if isinstance(value, str) else value,
    "resolved_tokens": mapping_of,
    "tokens": mapping_of,
    "audio": mapping_of,
    "overlay": lambda value: [mapping_of(each) for each in value] if isinstance(value, tuple) else value,
}
_CONTRACT = frozenset(
    (
        *("job_id", "sources", "output_directory", "codec", "container", "resolution", "fps_mode", "fps_explicit"),
        *("naming_template", "resolved_tokens", "created_at"),
    )
)
# Fields that came later stand in a file only when they say something: an older spec keeps its digest.
_LATER = {each.name: each.default for each in fields(JobSpec) if each.name not in _CONTRACT}


def _content(data: dict[str, Any]) -> str:
    """Return the content as ASCII text, which has a digest also when a field holds nonsense."""
    return json.dumps(data, default=repr, skipkeys=True)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise ValueError("a key stands twice")
    return data


def roots_of(spec: JobSpec) -> list[str]:
    """Return the names of the roots that a spec's places use, those of ill-formed places left out."""
    roots = set()
    globs = (entry.pattern for entry in globs_of(spec.sources if isinstance(spec.sources, tuple) else ()))
    for text in (*spec.paths, *globs, spec.output_directory):
        if isinstance(text, str) and is_location(text):
            roots.add(parse_location(text).root)
    return sorted(root for root in roots if root)
