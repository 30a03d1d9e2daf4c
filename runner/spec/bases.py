"""`extends`: one base below a spec, and one below that; values replace, they never merge."""

import posixpath
from dataclasses import replace

from runner.errors import JobSpecValidationError, Place, problem
from runner.spec.fields import EXTENDS
from runner.spec.source import MOST_BYTES, Document, read_yaml
from runner.spec.tree import Tree

FIELD = (EXTENDS.name,)
DEEPEST = 16


def relative_to(file: str, text: str) -> str | None:
    """Return the repository path of what `file` calls `text`; None when that is outside the repository."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(file), text))
    return None if path.startswith(("../", "/")) or path == ".." else path


def _read(tree: Tree, file: str) -> Document:
    try:
        return read_yaml(tree.read(file, MOST_BYTES), file)
    except OSError as error:
        reason = error.strerror or str(error)
        raise JobSpecValidationError(problem("JS001", place=Place(file), reason=reason)) from None


def _over(base: Document, document: Document) -> Document:
    """Return the document with what it does not say itself taken from its base, positions included."""
    own = {name: value for name, value in document.data.items() if name != EXTENDS.name}
    inherited = {name: value for name, value in (base.data or {}).items() if name not in own}
    values = {path: place for path, place in base.values.items() if path and path[0] in inherited}
    keys = {path: place for path, place in base.keys.items() if path and path[0] in inherited}
    return replace(document, data={**inherited, **own}, values=values | document.values, keys=keys | document.keys)


def _based(tree: Tree, document: Document, trail: tuple[str, ...]) -> Document:
    """Return the document over its bases. Raises JobSpecValidationError at the place of the `extends` in question."""
    place, text = document.place(FIELD), document.data[EXTENDS.name]
    if not isinstance(text, str):
        raise JobSpecValidationError(problem("JS012", FIELD, place=place, wanted="text", kind="something else"))
    file = relative_to(document.file, text)
    if file in trail:
        chain = " → ".join((*trail, file or text))
        raise JobSpecValidationError(problem("JS037", FIELD, place=place, found=text, chain=chain))
    if len(trail) > DEEPEST:
        reason = f"it would be base number {len(trail)}, and {DEEPEST} is the most"
        raise JobSpecValidationError(problem("JS038", FIELD, place=place, found=text, reason=reason))
    try:
        if file is None:
            raise FileNotFoundError
        base = read_yaml(tree.read(file, MOST_BYTES), file)
    except PermissionError as error:
        raise JobSpecValidationError(
            problem("JS038", FIELD, place=place, found=text, reason=f"{file}: {error.strerror}")
        ) from None
    except OSError:
        reason = "it leaves the repository" if file is None else f"there is no {file}"
        raise JobSpecValidationError(problem("JS038", FIELD, place=place, found=text, reason=reason)) from None
    if not isinstance(base.data, dict):
        reason = "it is no mapping of fields"
        raise JobSpecValidationError(problem("JS038", FIELD, place=place, found=text, reason=reason))
    return _over(_effective(tree, base, (*trail, file)), document)


def _effective(tree: Tree, document: Document, trail: tuple[str, ...]) -> Document:
    if not isinstance(document.data, dict) or EXTENDS.name not in document.data:
        return document
    return _based(tree, document, trail)


def effective(tree: Tree, file: str) -> Document:
    """Return a spec file merged over its bases; every value keeps the position, and the file, where it stands.

    Raises JobSpecValidationError for a file that cannot be read, a base that is not there or leaves the repository,
    and a circle.
    """
    return _effective(tree, _read(tree, file), (file,))
