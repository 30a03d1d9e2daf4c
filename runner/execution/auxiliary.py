"""What FFmpeg finds in its work folder: tables, fonts and texts under fixed names, checked against the plan."""

import hashlib
import importlib.util
from collections.abc import Callable, Iterable
from pathlib import Path

from runner.errors import JobspecError, problem
from runner.plan.arguments import Auxiliary, FontFile, LutFile, TextFile
from runner.spec.cube import MOST_BYTES, numbers
from runner.spec.location import Location, Mounts, parse_location
from runner.spec.tree import WorkTree


def font_path(font: FontFile) -> Path:
    """Return where a package keeps a font; its code is not run. Raises JobspecError when it is not installed."""
    spec = importlib.util.find_spec(font.package)
    for folder in spec.submodule_search_locations or () if spec else ():
        if (path := Path(folder, font.file)).is_file():
            return path
    raise JobspecError(problem("JS157", found=font.package.replace("_", "-")))


def _as_planned(read: Callable[[], bytes], sha256: str, found: str) -> bytes:
    """Return what is read, when it has the planned digest; a file that is gone has not."""
    try:
        data = read()
    except OSError:
        raise JobspecError(problem("JS156", found=found)) from None
    if f"sha256:{hashlib.sha256(data).hexdigest()}" != sha256:
        raise JobspecError(problem("JS156", found=found))
    return data


def _lut(lut: LutFile, mounts: Mounts) -> bytes:
    """Return the line that says its size, and the numbers of the file: no other keyword of it gets to FFmpeg."""
    place = parse_location(lut.location)
    tree = WorkTree(mounts.bind(Location(place.root, "")))
    data = _as_planned(lambda: tree.read(place.path, MOST_BYTES), lut.sha256, lut.location)
    return f"{lut.head}\n".encode() + numbers(data)


def _content(each: Auxiliary, mounts: Mounts) -> bytes:
    if isinstance(each, TextFile):
        return each.text.encode()
    if isinstance(each, LutFile):
        return _lut(each, mounts)
    return _as_planned(font_path(each).read_bytes, each.sha256, each.file)


def place(auxiliary: Iterable[Auxiliary], folder: Path, mounts: Mounts) -> None:
    """Write the files into a work folder, where each is whole or not there.

    Raises JobspecError when one is not what it was when the plan was made, and OSError.
    """
    for each in auxiliary:
        part = folder / f"{each.name}.part"
        part.write_bytes(_content(each, mounts))
        part.rename(folder / each.name)
