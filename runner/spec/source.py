"""YAML → plain data with a position for every path, and the limits.

Built on PyYAML's events, not on its constructors: positions survive, a key that stands twice is seen,
nothing but text, lists and mappings can come out, and nesting costs no stack.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from runner.errors import MOST_PROBLEMS, FieldPath, JobSpecValidationError, Place, Problem, problem

MOST_BYTES = 1 << 20
DEEPEST = 32
MOST_NODES = 100_000
LONGEST_SCALAR = 16_384

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Plain(str):
    """A scalar written without quotes: the only kind that a schema may read as a number or a truth value."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain data (text, lists, mappings), and where every value and every key stands."""

    file: str
    data: Any
    values: dict[FieldPath, Place] = field(default_factory=dict)
    keys: dict[FieldPath, Place] = field(default_factory=dict)

    def place(self, path: FieldPath, *, key: bool = False) -> Place:
        """Return where `path` stands, or its nearest parent that is there; `key` asks for the key itself."""
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Place(self.file))


class _Refused(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


@dataclass(slots=True)
class _Level:
    """One open list or mapping while the events pass by."""

    value: dict[str, Any] | list[Any]
    path: FieldPath
    key: str | None = None
    twice: bool = False

    def step(self) -> FieldPath:
        return (*self.path, str(self.key) if isinstance(self.value, dict) else len(self.value))

    def put(self, value: Any) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        elif self.key is not None:
            if not self.twice:
                self.value[self.key] = value
            self.key = None


@dataclass(slots=True)
class _Reader:
    document: Document
    problems: list[Problem] = field(default_factory=list)
    levels: list[_Level] = field(default_factory=list)
    nodes: int = 0
    untold: int = 0
    root: Any = None

    def place(self, event: Any) -> Place:
        return Place(self.document.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def refuse(self, code: str, event: Any, **values: str) -> _Refused:
        return _Refused(problem(code, (), place=self.place(event), **values))

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.NodeEvent):
            self.guard(event)
            self.node(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.levels.pop()

    def guard(self, event: Any) -> None:
        """Refuse what makes a file say more, or something else, than what stands in it."""
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise self.refuse("JS005", event, construct="anchors and aliases (& and *) are")
        if event.tag:
            raise self.refuse("JS005", event, construct="tags (!) are")
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise self.refuse("JS006", event, what="the number of values", limit=f"{MOST_NODES}")
        if len(self.levels) >= DEEPEST and not isinstance(event, yaml.ScalarEvent):
            raise self.refuse("JS006", event, what="this nesting", limit=f"{DEEPEST} levels")
        if isinstance(event, yaml.ScalarEvent) and len(event.value) > LONGEST_SCALAR:
            raise self.refuse("JS006", event, what="this text", limit=f"{LONGEST_SCALAR} characters")

    def node(self, event: Any) -> None:
        level = self.levels[-1] if self.levels else None
        if level is not None and isinstance(level.value, dict) and level.key is None:
            self.key(level, event)
            return
        path = level.step() if level else ()
        self.document.values.setdefault(path, self.place(event))
        value = self.opened(event, path)
        if level is None:
            self.root = value
        else:
            level.put(value)

    def key(self, level: _Level, event: Any) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            raise self.refuse("JS005", event, construct="keys that are lists or mappings are")
        if event.value == "<<":
            raise self.refuse("JS005", event, construct="merge keys (<<) are")
        path = (*level.path, event.value)
        level.key, level.twice = event.value, event.value in level.value
        if level.twice:
            self.again(path, event)
        self.document.keys.setdefault(path, self.place(event))

    def again(self, path: FieldPath, event: Any) -> None:
        """Note a key that stands twice; after a hundred they are counted alone."""
        if len(self.problems) >= MOST_PROBLEMS:
            self.untold += 1
            return
        first = self.document.keys[path].line
        self.problems.append(problem("JS004", path, found=event.value, place=self.place(event), first=first))

    def opened(self, event: Any, path: FieldPath) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return Plain(event.value) if event.implicit[0] else event.value
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.levels.append(_Level(value, path))
        return value


def _text(data: bytes, file: str) -> str:
    if len(data) > MOST_BYTES:
        raise _Refused(problem("JS006", place=Place(file), what="the file", limit=f"{MOST_BYTES} bytes"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        lines = data[: error.start].split(b"\n")
        place = Place(file, len(lines), len(lines[-1].decode("utf-8", "replace")) + 1)
        byte = f"0x{data[error.start]:02x}"
        raise _Refused(problem("JS002", place=place, byte=byte, offset=error.start)) from None


def _unreadable(text: str, file: str, character: int) -> Problem:
    """Return the problem of a character that YAML does not allow; libyaml gives no position for it."""
    before = text[: text.index(chr(character))]
    place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    return problem("JS003", place=place, reason=f"the character U+{character:04X} cannot stand in it")


# What PyYAML's scanner says where it gives up by itself: looking ahead for a key, it may get there before our limit.
_TOO_DEEP = "exceeded maximum nesting depth"

# What the scanner's words mean to whoever wrote the line: libyaml's, and of PyYAML's own what a slip brings up most.
_DEEPER = 'a line is indented deeper than the one above it, or a value that holds ": " needs quotes'
_COLUMN = "lines that belong together begin in one column"
_REMEDIES = {
    "mapping values are not allowed in this context": _DEEPER,
    "mapping values are not allowed here": _DEEPER,
    "did not find expected key": _COLUMN,
    "did not find expected <document start>": _COLUMN,
    "could not find expected ':'": 'a field is "name: value", each on a line of its own',
    "found character that cannot start any token": "a value that begins with it needs quotes, and no tab may indent",
}


def _events(text: str, file: str) -> Iterator[yaml.Event]:
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.reader.ReaderError as error:
        raise _Refused(_unreadable(text, file, error.character)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        if error.problem == _TOO_DEEP:
            raise _Refused(problem("JS006", place=place, what="this nesting", limit=f"{DEEPEST} levels")) from None
        reason = "; ".join(part for part in (error.context, error.problem, _REMEDIES.get(error.problem or "")) if part)
        raise _Refused(problem("JS003", place=place, reason=reason)) from None


def _read(reader: _Reader, data: bytes) -> None:
    documents = 0
    for event in _events(_text(data, reader.document.file), reader.document.file):
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise reader.refuse("JS005", event, construct="a second document (---) is")
        reader.take(event)


def read_yaml(data: bytes, file: str) -> Document:
    """Read one YAML document. `file` is only named in positions.

    Scalars come out as text, unquoted ones as Plain. Raises JobSpecValidationError with every duplicate key,
    or with the first thing that makes the rest unreadable.
    """
    reader = _Reader(Document(file, None))
    try:
        _read(reader, data)
    except _Refused as refused:
        reader.problems.append(refused.problem)
    if reader.untold:
        reader.problems.append(problem("JS016", place=Place(file), count=reader.untold))
    if reader.problems:
        raise JobSpecValidationError(reader.problems)
    return Document(file, reader.root, reader.document.values, reader.document.keys)
