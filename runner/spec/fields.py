"""The fields of a spec: one row each, from which checks, messages and the JSON Schema all come."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from runner.spec import codecs, resolution
from runner.spec.colour import TRANSFERS
from runner.spec.location import parse_location
from runner.spec.own import NONE
from runner.spec.rates import is_timecode, parse_rate

VERSION = "2.0"
# Names that one file may give: roots, tokens. Every source asks for some of them.
MOST_NAMES = 256


@dataclass(frozen=True)
class Check:
    """A legality test of one text: `accepts` raises ValueError, whose problem then has `code`."""

    code: str
    accepts: Callable[[str], object]
    json: tuple[tuple[str, str], ...] = ()

    def __call__(self, field: str, value: object, error: Callable[[str, str], None]) -> None:
        """Answer Cerberus' check_with; nothing (a nullable field) is nothing wrong."""
        if value is None:
            return
        try:
            self.accepts(str(value))
        except ValueError as refused:
            error(field, f"{self.code} {refused}")


def _pattern(pattern: str, reason: str = "") -> Callable[[str], object]:
    anchored = re.compile(pattern)

    def accepts(text: str) -> None:
        if not anchored.fullmatch(text):
            raise ValueError(reason)

    return accepts


_JOB_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_TOKEN = r"[a-z][a-z0-9_]{0,63}"
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})"


def parse_time(text: str) -> datetime:
    """Read an ISO 8601 time with seconds and zone. Raises ValueError."""
    if not re.fullmatch(_TIME, text):
        raise ValueError(text)
    return datetime.fromisoformat(text)


def _place(text: str) -> None:
    if text:  # of an empty one minlength speaks
        parse_location(text)


PLACE = Check("JS027", _place)


def _timecode(text: str) -> None:
    if text != NONE and not is_timecode(text):
        raise ValueError(text)


_RATE = {"type": ["string", "number"], "check_with": Check("JS024", parse_rate)}
_TIMECODE = {"type": "string", "check_with": Check("JS162", _timecode)}
_LUT = {"type": "string", "minlength": 1, "maxlength": 512}
# "preserve" keeps every track as it is; a mapping says what shall differ.
_AUDIO: Mapping[str, Any] = {
    "type": ["string", "dict"],
    "either": {
        "text": {"type": "string", "allowed": ["preserve", NONE]},
        "a mapping": {
            "type": "dict",
            "minlength": 1,
            "schema": {
                "codec": {"type": "string", "allowed": [*codecs.SOUND_CODECS]},
                "sample_rate": {"type": "integer", "min": 8000, "max": 192000},
                "channels": {"type": "integer", "min": 1, "max": 64},
            },
        },
    },
}

_PATTERN = {"type": "string", "minlength": 1, "maxlength": 512}
# What an entry of `sources` may say when it is a mapping; judgement sees to it that it is one thing only.
_ENTRY: Mapping[str, Mapping[str, Any]] = {
    "path": {"type": "string", "minlength": 1, "check_with": PLACE},
    "glob": {**_PATTERN, "check_with": PLACE},
    "from": {"type": "string", "minlength": 1},
    "sequence": {"type": "string", "minlength": 1, "check_with": PLACE},
    "exclude": {"type": "list", "schema": _PATTERN},
    "on_unusable": {"type": "string", "allowed": ["error", "skip"]},
    "timecode": _TIMECODE,
    "audio": _AUDIO,
    "lut": _LUT,
    "rate": _RATE,
    "transfer": {"type": "string", "allowed": [*TRANSFERS]},
    "tolerate": {"type": "list", "minlength": 1, "schema": {"type": "string", "minlength": 4, "maxlength": 200}},
}


POSITIONS = tuple(
    f"{row}-{column}" if row != "middle" or column != "center" else "center"
    for row in ("top", "middle", "bottom")
    for column in ("left", "center", "right")
)
# One burn-in: size is the letters' height in percent of the picture's, opacity in percent.
_BURN: Mapping[str, Any] = {
    "type": "dict",
    "schema": {
        "show": {"type": "string", "required": True, "allowed": ["source_name", "timecode", "frame", "text"]},
        "text": {"type": "string", "minlength": 1, "maxlength": 200},
        "position": {"type": "string", "allowed": [*POSITIONS]},
        "size": {"type": "integer", "min": 1, "max": 25},
        "opacity": {"type": "integer", "min": 1, "max": 100},
    },
}


@dataclass(frozen=True)
class Field:
    """One field of a spec: Cerberus' rules, the code of an illegal value, and words for people."""

    name: str
    help: str
    example: Any
    rules: Mapping[str, Any] = field(default_factory=dict)
    code: str = "JS012"
    required: bool = False
    in_yaml: bool = True


# In the order of the contract, which is also that of `JobSpec.to_json`; later fields follow.
FIELDS = (
    Field(
        "jobspec_version",
        f'the version of this format, "{VERSION}"',
        VERSION,
        {"type": "string", "allowed": [VERSION]},
        "JS013",
        required=True,
    ),
    Field(
        "job_id",
        "the name of the job; by default made from the spec's path",
        "day03",
        {"type": "string", "check_with": Check("JS026", _pattern(_JOB_ID), (("pattern", f"^{_JOB_ID}$"),))},
    ),
    Field(
        "sources",
        "the input files, each root:path, absolute, relative to the repository; or a mapping with glob or from",
        ["media:day03/A001C001.mov"],
        {
            "type": "list",
            "minlength": 1,
            "items_each": {
                "text": {"type": ["string", "dict"], "minlength": 1, "check_with": PLACE},
                "a mapping": {"type": "dict", "schema": _ENTRY},
            },
        },
        required=True,
    ),
    Field(
        "output_directory",
        "the folder for the outputs, root:path, absolute, or relative to the repository",
        "proxies:day03",
        {"type": "string", "minlength": 1, "check_with": PLACE},
        required=True,
    ),
    Field(
        "codec",
        "what the picture is encoded with",
        "prores_proxy",
        {"type": "string", "allowed": [*codecs.CODECS, *codecs.ALIASES]},
        "JS020",
        required=True,
    ),
    Field(
        "container",
        "the file format",
        "mov",
        {"type": "string", "allowed": [*codecs.CONTAINERS]},
        "JS022",
        required=True,
    ),
    Field(
        "resolution",
        "same, half, quarter, or a box such as 1280x720 to fit into; never upscaled",
        "half",
        {
            "type": "string",
            "check_with": Check(
                "JS021",
                resolution.parse_resolution,
                (("pattern", "^(same|half|quarter|[1-9][0-9]{1,4}x[1-9][0-9]{1,4})$"),),
            ),
        },
        required=True,
    ),
    Field(
        "fps_mode",
        "same-as-source keeps every frame, explicit resamples to fps_explicit",
        "same-as-source",
        {"type": "string", "allowed": ["same-as-source", "explicit"]},
        "JS023",
        required=True,
    ),
    Field(
        "fps_explicit",
        'frames a second, exactly when fps_mode is explicit; "23.976" means 24000/1001',
        "24000/1001",
        {"type": ["string", "number"], "nullable": True, "check_with": Check("JS024", parse_rate)},
    ),
    Field(
        "naming_template",
        "a file in templates/ that ends in .j2, or the template itself",
        "{{ source_name }}",
        {"type": "string", "minlength": 1},
        required=True,
    ),
    Field(
        "resolved_tokens",
        "the values that the naming tokens have for each source, filled in by the tool",
        {"media:day03/A001C001.mov": {"source_name": "A001C001"}},
        {
            "type": "dict",
            "keysrules": {"type": "string"},
            "valuesrules": {"type": "dict", "keysrules": {"type": "string"}, "valuesrules": {"type": "string"}},
        },
        in_yaml=False,
    ),
    Field(
        "created_at",
        "the only clock a name may read",
        "2026-11-23T08:00:00Z",
        {
            "type": "string",
            "nullable": True,
            "check_with": Check("JS025", parse_time, (("pattern", f"^{_TIME}$"),)),
        },
    ),
    Field(
        "tokens",
        "your own naming tokens, used as tokens.NAME",
        {"show": "harbour"},
        {
            "type": "dict",
            "maxlength": MOST_NAMES,
            "keysrules": {
                "type": "string",
                "check_with": Check("JS028", _pattern(_TOKEN), (("pattern", f"^{_TOKEN}$"),)),
            },
            "valuesrules": {"type": "string"},
        },
    ),
    Field(
        "fit",
        "how a picture gets into a box: inside keeps its own shape, pad adds bars to fill the box",
        "pad",
        {"type": "string", "allowed": ["inside", "pad"]},
        "JS029",
    ),
    Field(
        "upscale",
        "true lets a picture grow to the box that resolution names",
        True,
        {"type": "boolean"},
    ),
    Field(
        "scan",
        "preserve keeps fields where height and codec allow it, progressive always deinterlaces",
        "progressive",
        {"type": "string", "allowed": ["preserve", "progressive"]},
        "JS029",
    ),
    Field(
        "color",
        "preserve keeps the source's colour, tonemap makes BT.709 of HDR",
        "tonemap",
        {"type": "string", "allowed": ["preserve", "tonemap"]},
        "JS029",
    ),
    Field(
        "conform",
        "true re-times to fps_explicit instead of resampling: every frame is kept, and runs longer or shorter",
        True,
        {"type": "boolean"},
    ),
    Field(
        "quality",
        "draft, standard or high: which row of the codec's table",
        "high",
        {"type": "string", "allowed": [*codecs.QUALITIES]},
        "JS029",
    ),
    Field(
        "timecode",
        'the start timecode of the one source, "01:00:00:00", or none; with several sources each says its own',
        "01:00:00:00",
        _TIMECODE,
    ),
    Field(
        "audio",
        "preserve (every track as it is), none, or a mapping of codec, sample_rate, channels",
        {"codec": "pcm_s16le"},
        _AUDIO,
        "JS029",
    ),
    Field(
        "lut",
        "a .cube file of the repository, applied before scaling",
        "luts/show-709.cube",
        _LUT,
    ),
    Field(
        "overlay",
        "what is burnt into the picture: source_name, timecode, frame or a text, where and how large",
        [{"show": "timecode", "position": "bottom-left"}],
        {
            "type": ["list", "dict"],
            "either": {
                "a mapping": _BURN,
                "a list": {
                    "type": "list",
                    "minlength": 1,
                    "maxlength": 9,
                    "schema": _BURN,
                },
            },
        },
    ),
)
# Said in a spec file only: by the time a JobSpec stands, its bases are merged.
EXTENDS = Field("extends", "one base, a spec of its own or a part of one, relative to this file", "profiles/house.yaml")
BY_NAME = {row.name: row for row in FIELDS}
LEGAL_TEXTS = {"JS021": resolution.LEGAL, "JS013": (VERSION,)}
_ROOT = "a root has two or more of A-Z a-z 0-9 _ - and begins with a letter"
# jobspec.toml, by the same rules.
PROJECT: Mapping[str, Mapping[str, Any]] = {
    "roots": {
        "type": "dict",
        "maxlength": MOST_NAMES,
        "keysrules": {"type": "string", "check_with": Check("JS027", _pattern("[A-Za-z][A-Za-z0-9_-]+", _ROOT))},
        "valuesrules": {
            "type": ["string", "dict"],
            "schema": {"description": {"type": "string"}, "read_only": {"type": "boolean"}},
        },
    },
    "toolchain": {
        "type": "dict",
        "schema": {"ffmpeg": {"type": "string"}, "recipes": {"type": "integer", "min": 1, "max": 999}},
    },
    "state_directory": {"type": "string", "minlength": 1, "check_with": PLACE},
    "confined": {"type": "boolean"},
}
