"""Globs among the entries of `sources`: what they match, in linear time whatever pattern and name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from runner.spec.location import Location, parse_location
from runner.spec.own import PLAIN, Own


@dataclass(frozen=True, slots=True)
class Glob:
    """All files of a root that match `pattern` and none of `exclude`; expanded by `lock` alone.

    `**` stands for any number of folders, `*`, `?` and `[…]` stay within one name. Dot files, and with them the
    `._*` files of a Mac, never match.
    """

    pattern: str
    exclude: tuple[str, ...] = ()
    on_unusable: str = "error"
    own: Own = PLAIN

    @property
    def place(self) -> Location:
        """The pattern with its root apart. Raises ValueError."""
        return parse_location(self.pattern)

    @property
    def folder(self) -> str:
        """The folder below the root from which on the pattern needs a look at the disk."""
        return _folder(self.place)

    @property
    def depth(self) -> int | None:
        """How many folders below `folder` a match may lie; None for any number."""
        parts = self.place.path.split("/")
        return None if "**" in parts else len(parts) - _fixed(parts) - 1

    def takes(self, location: Location) -> bool:
        """Say whether a file belongs to this glob; looks at its name only."""
        root, folder, pattern, excluded = _judged(self.pattern, self.exclude)
        if location.root != root or not pattern.fullmatch(location.path):
            return False
        below = location.path[len(folder) :].removeprefix("/")
        if below.startswith(".") or "/." in below:
            return False
        return not any(each.fullmatch(below) for each in excluded)


@lru_cache(maxsize=1024)
def _judged(pattern: str, exclude: tuple[str, ...]) -> "tuple[str | None, str, re.Pattern[str], list[re.Pattern[str]]]":
    """Return what names are held against: root, folder from which on, pattern, what is excluded."""
    place = parse_location(pattern)
    return place.root, _folder(place), _compiled(place.path), [_compiled(each) for each in exclude]


_MAGIC = re.compile(r"[*?[]")


def _fixed(parts: Sequence[str]) -> int:
    """Return how many parts of a pattern, from the left, name one folder each."""
    return next((number for number, part in enumerate(parts) if _MAGIC.search(part)), len(parts) - 1)


@lru_cache(maxsize=1024)
def _folder(place: Location) -> str:
    parts = place.path.split("/")
    return "/".join(parts[: _fixed(parts)]) or ("/" if place.root is None else "")


# The pieces of a pattern that mean something else than themselves.
_PIECE = re.compile(r"(\[!?[^\]]+\]|\*+|\?)")


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return the expression of a pattern. What stands between two ** or two * is found once and never again.

    An atomic group does that, and makes matching linear, whatever pattern and name.
    """
    first, *others = _runs(pattern.split("/"))
    if not others:
        return re.compile(_parts(first).removesuffix("/"))
    between = "".join(f"(?>(?:[^/]+/)*?{_parts(run)})" for run in others[:-1] if run)
    last = f"(?:[^/]+/)*{_parts(others[-1]).removesuffix('/')}" if others[-1] else r"[\s\S]+"
    return re.compile(_parts(first) + between + last)


def _runs(parts: list[str]) -> list[list[str]]:
    """Return the parts of a pattern between its **: each of these stands for any number of folders."""
    runs: list[list[str]] = [[]]
    for part in parts:
        if part == "**":
            runs.append([])
        else:
            runs[-1].append(part)
    return runs


def _parts(parts: list[str]) -> str:
    return "".join(f"{_part(part)}/" for part in parts)


def _part(part: str) -> str:
    """Return the expression of one name."""
    chunks = [""]
    for piece in _PIECE.split(part):
        if piece.startswith("*"):
            chunks.append("")
        else:
            chunks[-1] += _one(piece)
    first, *others = chunks
    between = "".join(f"(?>[^/]*?{chunk})" for chunk in others[:-1])
    return first + between + (f"[^/]*{others[-1]}" if others else "")


def _one(piece: str) -> str:
    """Return the expression of a piece without stars: ? is any character, [ab] and [!ab] one of a set."""
    if piece == "?":
        return "[^/]"
    return _set(piece[1:-1]) if _PIECE.fullmatch(piece) else re.escape(piece)


def _set(inner: str) -> str:
    other = inner.startswith("!") and len(inner) > 1
    ranges = re.findall(r"([\s\S])-([\s\S])|([\s\S])", inner[other:])
    spelled = "".join(
        re.escape(one) if one else f"{re.escape(low)}-{re.escape(high)}"
        for low, high, one in ranges
        if one or low <= high
    )
    if not spelled:  # a range that runs backwards holds nothing
        return "[^/]" if other else r"(?!)"
    return f"(?!/)[{'^' * other}{spelled}]"
