"""Naming templates that are files of the repository."""

from pathlib import PurePosixPath

from runner.errors import Problem, problem
from runner.spec.naming import FIELD
from runner.spec.tree import Tree

TEMPLATES = "templates"
MOST_TEMPLATE_BYTES = 1 << 14


def is_template_file(text: object) -> bool:
    """Say whether naming_template names a file in templates/ rather than being a template itself."""
    return isinstance(text, str) and text.endswith(".j2") and "{" not in text


def read_template(text: object, tree: Tree) -> tuple[str | None, list[Problem]]:
    """Return the template that `text` is or names, and the problem when that file cannot be had."""
    if not is_template_file(text):
        return (text if isinstance(text, str) else None), []
    path = PurePosixPath(TEMPLATES, str(text))
    try:
        if ".." in path.parts or path.parts[0] != TEMPLATES:
            raise FileNotFoundError
        data = tree.read(str(path), MOST_TEMPLATE_BYTES)
        return data.decode().rstrip("\r\n"), []
    except UnicodeDecodeError:
        return None, [problem("JS040", FIELD, reason=f"{path} is not UTF-8")]
    except PermissionError as error:
        return None, [problem("JS001", FIELD, reason=f"{path}: {error.strerror}")]
    except OSError:
        return None, [problem("JS046", FIELD, found=str(text), legal=_templates(tree))]


def _templates(tree: Tree) -> list[str]:
    try:
        return [name for name in tree.list(TEMPLATES) if name.endswith(".j2")]
    except OSError:
        return []
