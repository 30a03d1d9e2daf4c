"""Entries of `sources` that are no plain path: globs, and the sources of another spec."""

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from runner.spec.location import Location, parse_location

OnUnusable = Literal["error", "skip"]


@dataclass(frozen=True, slots=True)
class Glob:
    """All files of a root that match `pattern` and none of `exclude`; expanded by `lock` alone.

    `**` stands for any number of folders, `*`, `?` and `[…]` stay within one name. Dot files, and with them the
    `._*` files of a Mac, never match.
    """

    pattern: str
    exclude: tuple[str, ...] = ()
    on_unusable: OnUnusable = "error"

    @property
    def place(self) -> Location:
        """The pattern with its root apart. Raises ValueError."""
        return parse_location(self.pattern)

    @property
    def folder(self) -> str:
        """The folder below the root from which on the pattern needs a look at the disk."""
        parts = self.place.path.split("/")
        fixed = next((number for number, part in enumerate(parts) if _MAGIC.search(part)), len(parts) - 1)
        return "/".join(parts[:fixed])

    def takes(self, location: Location) -> bool:
        """Say whether a file belongs to this glob; looks at its name only."""
        place = self.place
        if location.root != place.root or not _compiled(place.path).fullmatch(location.path):
            return False
        below = posixpath.relpath(location.path, self.folder) if self.folder else location.path
        if any(part.startswith(".") for part in below.split("/")):
            return False
        return not any(_compiled(pattern).fullmatch(below) for pattern in self.exclude)


@dataclass(frozen=True, slots=True)
class From:
    """The sources of another spec, by its path relative to this one."""

    spec: str


Entry = str | Glob | From
_MAGIC = re.compile(r"[*?[]")


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = pattern.split("/")
    return re.compile("".join(_part(part, last=number == len(parts) - 1) for number, part in enumerate(parts)))


def _part(part: str, *, last: bool) -> str:
    """Return the expression of one part of a pattern, with its slash; a ** may stand for no folder at all."""
    if part == "**":
        return r"[\s\S]+" if last else r"(?:[^/]+/)*"
    first, *others = (_fixed(chunk) for chunk in re.sub(r"\*+", "*", part).split("*"))
    # What lies between two stars is found once and never again (an atomic group): linear, whatever the name.
    between = "".join(f"(?>[^/]*?{chunk})" for chunk in others[:-1])
    return first + between + (f"[^/]*{others[-1]}" if others else "") + ("" if last else "/")


def _fixed(chunk: str) -> str:
    """Return the expression of a piece without stars: ? is any character, [ab] and [!ab] one of a set."""
    pieces = re.split(r"(\?|\[!?[^\]]+\])", chunk)
    return "".join(_set(piece) if piece.startswith("[") and piece.endswith("]") else _one(piece) for piece in pieces)


def _one(piece: str) -> str:
    return "[^/]" if piece == "?" else re.escape(piece)


def _set(piece: str) -> str:
    inner = piece[1:-1].removeprefix("!").replace("\\", r"\\").replace("^", r"\^").replace("[", r"\[")
    return f"(?!/)[{'^' if piece.startswith('[!') else ''}{inner}]"


def entry_of(value: Any) -> Any:
    """Return an entry from plain data; what is none comes back as it is, for the schema to name."""
    if not isinstance(value, Mapping):
        return str(value) if isinstance(value, str) else value
    if "glob" in value:
        return Glob(
            str(value["glob"]), tuple(map(str, value.get("exclude") or ())), value.get("on_unusable") or "error"
        )
    return From(str(value["from"])) if "from" in value else str(value.get("path"))


def plain_entry(entry: Entry) -> Any:
    """Return an entry as plain data, defaults left out."""
    if isinstance(entry, From):
        return {"from": entry.spec}
    if not isinstance(entry, Glob):
        return entry
    data: dict[str, Any] = {"glob": entry.pattern}
    if entry.exclude:
        data["exclude"] = list(entry.exclude)
    return data | ({"on_unusable": entry.on_unusable} if entry.on_unusable != "error" else {})


def globs_of(entries: Iterable[Entry]) -> tuple[Glob, ...]:
    """Return the globs among entries."""
    return tuple(entry for entry in entries if isinstance(entry, Glob))
