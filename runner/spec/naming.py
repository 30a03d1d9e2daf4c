"""The template language, tokens, legal names, collisions.

The language is a small part of Jinja2: output, conditionals with comparisons, a few filters. A template is
parsed, its tree is walked, and only then compiled: Jinja's compiler folds constants, so that something like
`{{ 'a' * 10**9 }}` must be refused before it gets there.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from runner.errors import JobspecError, Problem, problem
from runner.spec.codecs import EXTENSIONS, canonical_codec
from runner.spec.location import parse_location
from runner.spec.sequence import parse_pattern
from runner.spec.sources import Clip
from runner.text import harmless

LONGEST_TEMPLATE = 512
LONGEST_VALUE = 1024
LONGEST_NAME = 255
FIELD = ("naming_template",)


@dataclass(frozen=True, slots=True)
class Token:
    """A name that templates may use; `needs` says what its value hangs on beside the spec itself."""

    name: str
    help: str
    needs: str = ""


TOKENS = {
    token.name: token
    for token in (
        Token("source_name", "file name of the source without its extension"),
        Token("source_ext", "extension of the source, as it is written"),
        Token("source_dir", "folder of the source below its root; empty for absolute paths"),
        Token("job_id", "id of the job"),
        Token("index", "000, 001… in the order of the sources"),
        Token("codec", "codec of the output"),
        Token("resolution", "resolution as the spec says it"),
        Token("container", "container of the output"),
        Token("ext", "extension of the output"),
        Token("width", "width of the output in pixels", "facts"),
        Token("height", "height of the output in pixels", "facts"),
        Token("fps", "frame rate of the output, as 23.976", "facts"),
        Token("timecode", "start timecode, as 01-00-00-00", "facts"),
        Token("reel", "reel or tape name of the source", "facts"),
        Token("date", "date of created_at, as 2026-11-23", "created_at"),
        Token("time", "time of created_at, as 08-00-00", "created_at"),
    )
}
OWN = "tokens"


def _bounded(text: object) -> str:
    value = str(text)
    if len(value) > LONGEST_VALUE:
        raise ValueError(f"a value of more than {LONGEST_VALUE} characters")
    return value


def _replace(text: object, old: str, new: str) -> str:
    value = str(text)
    grown = len(value) + value.count(old) * (len(new) - len(old))
    if grown > LONGEST_VALUE:
        raise ValueError(f"a value of more than {LONGEST_VALUE} characters")
    return value.replace(old, new)


def _default(value: Any, fallback: str = "") -> str:
    return fallback if isinstance(value, jinja2.Undefined) or value == "" else _bounded(value)


FILTERS: dict[str, Callable[..., str]] = {
    "default": _default,
    "lower": lambda value: _bounded(value).lower(),
    "upper": lambda value: _bounded(value).upper(),
    "replace": _replace,
}
# How many arguments each filter may have in its brackets.
_ARGUMENTS = {"default": (0, 1), "lower": (0,), "upper": (0,), "replace": (2,)}
_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)
_ENVIRONMENT.filters = dict(FILTERS)
_ENVIRONMENT.globals = {}

# What may stand in a template, and what the rest is called when it is refused.
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
    nodes.Getattr,
)
_SPOKEN = {
    nodes.Call: "calling something",
    nodes.For: "a loop",
    nodes.Include: "an include",
    nodes.Import: "an import",
    nodes.FromImport: "an import",
    nodes.Extends: "extending another template",
    nodes.Block: "a block",
    nodes.Macro: "a macro",
    nodes.CallBlock: "a call block",
    nodes.FilterBlock: "a filter block",
    nodes.Assign: "setting a variable",
    nodes.AssignBlock: "setting a variable",
    nodes.With: "a with block",
    nodes.Getitem: "an index in brackets",
    nodes.BinExpr: "arithmetic",
    nodes.Concat: "joining with ~",
    nodes.UnaryExpr: "arithmetic",
    nodes.Test: "a test with is",
    nodes.List: "a list",
    nodes.Dict: "a mapping",
    nodes.Tuple: "a tuple",
}


@dataclass(frozen=True, slots=True)
class Template:
    """A template that has been judged: every name in it is a token, nothing in it can grow or reach out."""

    text: str
    uses: frozenset[str]
    optional: frozenset[str]


_OLD = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.]*)\}")


def modern(text: str) -> str:
    """Return the template in Jinja's spelling: {source_name} means {{ source_name }} where no {{ or {% stands."""
    return text if "{{" in text or "{%" in text else _OLD.sub(r"{{ \1 }}", text)


def _refusal(node: nodes.Node) -> str | None:
    """Return what to call `node` when it may not stand in a template."""
    if not isinstance(node, _ALLOWED):
        words = (words for refused, words in _SPOKEN.items() if isinstance(node, refused))
        return next(words, type(node).__name__.lower())
    if isinstance(node, nodes.Filter):
        return _filter_refusal(node)
    if isinstance(node, nodes.Getattr) and not _own(node):
        return f"the attribute .{node.attr}"
    if isinstance(node, nodes.Const) and not isinstance(node.value, str | bool | int):
        return f"the constant {node.value}"
    return None


def _filter_refusal(node: nodes.Filter) -> str | None:
    if node.name not in FILTERS:
        return f"the filter {node.name}"
    if node.kwargs or node.dyn_args or node.dyn_kwargs:
        return f"naming the arguments of {node.name}"
    wanted = _ARGUMENTS[node.name]
    return None if len(node.args) in wanted else f"{node.name} with {len(node.args)} arguments instead of {wanted[-1]}"


def _walk(tree: nodes.Node) -> Iterable[nodes.Node]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if not _own(node):
            waiting.extend(node.iter_child_nodes())


def _own(node: nodes.Node) -> bool:
    """Say whether `node` is tokens.NAME, the one attribute there is."""
    return isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == OWN


def _named(node: nodes.Node) -> str | None:
    if isinstance(node, nodes.Getattr):
        return f"{OWN}.{node.attr}" if _own(node) else None
    return node.name if isinstance(node, nodes.Name) else None


def _parsed(text: str) -> nodes.Template:
    if len(text) > LONGEST_TEMPLATE:
        raise JobspecError(problem("JS040", FIELD, reason=f"{len(text)} characters, {LONGEST_TEMPLATE} are the most"))
    try:
        return _ENVIRONMENT.parse(modern(text))
    except jinja2.TemplateSyntaxError as error:
        raise JobspecError(problem("JS040", FIELD, reason=(error.message or "").lower())) from None
    except (RecursionError, ValueError, OverflowError, MemoryError):
        raise JobspecError(
            problem("JS040", FIELD, reason="it is nested too deep or holds too large a number")
        ) from None


@lru_cache(maxsize=256)
def parse_template(text: str, own: frozenset[str] = frozenset()) -> Template:
    """Judge a naming template; `own` are the names in the spec's `tokens`. Compiles nothing.

    Raises JobspecError with every construct that is not part of the language and every unknown token.
    """
    tree = _parsed(text)
    found = list(_walk(tree))
    refused = [words for node in found if (words := _refusal(node))]
    problems = [problem("JS041", FIELD, construct=words) for words in dict.fromkeys(refused)]
    legal = (*TOKENS, *(f"{OWN}.{name}" for name in sorted(own)))
    used = frozenset(name for node in found if (name := _named(node)))
    problems += [problem("JS042", FIELD, found=name, legal=legal) for name in sorted(used.difference(legal))]
    if problems:
        raise JobspecError(problems)
    defaulted = (node.node for node in found if isinstance(node, nodes.Filter) and node.name == "default")
    optional = frozenset(name for node in defaulted if node and (name := _named(node)))
    return Template(text, used, optional)


@lru_cache(maxsize=256)
def _compiled(text: str) -> jinja2.Template:
    return _ENVIRONMENT.from_string(modern(text))


def _context(template: Template, tokens: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of those tokens that the template uses."""
    prefix, used = f"{OWN}.", {name: tokens[name] for name in template.uses if name in tokens}
    # No dict: its methods (copy, items, values…) would hide the tokens of these names.
    own = {name.removeprefix(prefix): value for name, value in used.items() if name.startswith(prefix)}
    return {**{name: value for name, value in used.items() if name in TOKENS}, OWN: SimpleNamespace(**own)}


def render(template: Template, tokens: Mapping[str, str], source: str) -> str:
    """Return the name, NFC, that `template` gives with these tokens; own ones are keyed "tokens.NAME".

    Raises JobspecError when a token that it uses has no value.
    """
    try:
        text = _compiled(template.text).render(_context(template, tokens))
    except jinja2.UndefinedError:
        missing = sorted(template.uses - tokens.keys() - template.optional) or sorted(template.uses - tokens.keys())
        raise JobspecError(
            [problem("JS043", FIELD, found=name, name=name, source=source) for name in missing]
        ) from None
    except (jinja2.TemplateError, TypeError, ValueError, RecursionError) as error:
        raise JobspecError(problem("JS040", FIELD, reason=str(error))) from None
    return unicodedata.normalize("NFC", text)


_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in "123456789¹²³"]
)
# Microsoft, "Naming Files, Paths, and Namespaces"; "%" because FFmpeg reads it as a pattern.
_NEVER = frozenset('<>:"|?*\\%')


# What most names are made of: nothing but a device is wrong with these, and there may be a hundred thousand.
_ORDINARY = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_. -]{0,198}[A-Za-z0-9_])?")


def _is_device(part: str) -> bool:
    return part.split(".")[0].strip().lower() in _DEVICES


def _part_reason(part: str) -> str | None:
    """Return why one folder or file name cannot be used on Linux, macOS and Windows alike, or None."""
    if _ORDINARY.fullmatch(part) and not _is_device(part):
        return None
    wrong = sorted(_NEVER.intersection(part))
    checks = (
        (not part, "a part of it is empty"),
        (part in (".", ".."), f'"{part}" leaves the output directory'),
        # Behind the x no "##" counts as a command to CI, which in a name is harmless.
        (harmless(f"x{part}") != f"x{part}", "it holds a character that is not for names"),
        (bool(wrong), f"{' '.join(wrong)} cannot stand in a name"),
        (part[:1] in ("-", "."), f'it begins with "{part[:1]}"'),
        (part[-1:] in (" ", "."), "it ends in a space or a full stop"),
        (part[:1] == " ", "it begins with a space"),
        (_is_device(part), "Windows keeps this name for a device"),
        (len(part.encode("utf-8", "replace")) > LONGEST_NAME, f"it is longer than {LONGEST_NAME} bytes"),
    )
    return next((reason for holds, reason in checks if holds), None)


def _separated(template: Template, tokens: Mapping[str, str]) -> str | None:
    """Return why a value may not be used: folders come from the template, or from source_dir, alone."""
    names = sorted(name for name in template.uses if name != "source_dir" and "/" in tokens.get(name, ""))
    return f"the token {names[0]} holds a /" if names else None


def told(tokens: Mapping[str, str], uses: Iterable[str]) -> str:
    """Return the token values that led to a name, for an error."""
    return ", ".join(f'{name} = "{harmless(tokens[name])}"' for name in sorted(uses) if name in tokens) or "no tokens"


def _extension(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    return extension.lower() if dot and stem else ""


def output_name(template: Template, tokens: Mapping[str, str], source: str) -> str:
    """Return the output's path below its output directory, with the container's extension.

    Raises JobspecError for a name that is not legal everywhere, or whose media extension is another container's.
    """
    name, container = render(template, tokens, source), tokens["container"]
    extension = _extension(name)
    full = name if extension == container else f"{name}.{container}"
    # The bare name first, for "a." is wrong and "a..mov" says less; then the full one, which may be too long.
    reasons = (_part_reason(part) for each in (name, full) for part in each.split("/"))
    reason = _separated(template, tokens) or next(filter(None, reasons), None)
    if reason:
        raise JobspecError(problem("JS044", FIELD, found=name, reason=reason, tokens=told(tokens, template.uses)))
    if extension != container and extension in EXTENSIONS:
        values = told(tokens, template.uses)
        raise JobspecError(problem("JS047", FIELD, found=name, extension=extension, container=container, tokens=values))
    return full


def same_place(name: str) -> str:
    """Return what two names share when some file system takes them for one: case and compatibility folded."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFC", name).casefold()).casefold()


def collisions(names: Iterable[tuple[str, str]]) -> list[Problem]:
    """Return a problem for each (source, output name) whose name an earlier source has already."""
    first: dict[str, str] = {}
    found = []
    for source, name in names:
        other = first.setdefault(same_place(name), source)
        if other != source:
            found.append(problem("JS045", FIELD, found=name, source=source, other=other))
    return found


def _split(name: str) -> tuple[str, str]:
    """Return a file's name without extension, and the extension; a dot at either end of the name begins none."""
    stem, _, extension = name.rpartition(".")
    return (stem, extension) if stem and extension else (name, "")


def spec_tokens(spec: Mapping[str, Any], clip: Clip, index: int) -> dict[str, str]:
    """Return the tokens of a source that need no facts; `spec` is a JobSpec's plain data, `index` the frozen one."""
    return job_tokens(spec) | clip_tokens(clip, index)


def job_tokens(spec: Mapping[str, Any]) -> dict[str, str]:
    """Return the tokens that are the same for all sources of a spec."""
    tokens = {
        "job_id": str(spec.get("job_id") or "job"),
        "codec": canonical_codec(spec["codec"]),
        "resolution": spec["resolution"],
        "container": spec["container"],
        "ext": spec["container"],
    }
    own = {f"{OWN}.{name}": value for name, value in (spec.get("tokens") or {}).items()}
    return tokens | _clock(spec.get("created_at")) | own


def clip_tokens(clip: Clip, index: int) -> dict[str, str]:
    """Return the tokens that a source's place and the frozen index give."""
    location = parse_location(clip.path)
    folder, _, name = location.path.rstrip("/").rpartition("/")
    stem, extension = _split(name)
    if clip.sequence:
        stem = parse_pattern(name).stem or folder.rpartition("/")[2] or "sequence"
    return {
        "source_name": stem,
        "source_ext": extension,
        "source_dir": "" if location.root is None else folder,
        "index": f"{index:03d}",
    }


def _clock(created_at: str | None) -> dict[str, str]:
    if not created_at:
        return {}
    date, _, time = created_at.partition("T")
    return {"date": date, "time": time[:8].replace(":", "-")}
