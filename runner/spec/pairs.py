"""Mappings as sorted pairs: hashable, and equal whatever the order they were written in."""

import os
from collections.abc import Mapping
from typing import Any

Pairs = tuple[tuple[str, Any], ...]


def plain_text(value: Any) -> Any:
    """Return text and paths as plain text: a subclass of str would not come back from JSON."""
    return str(value) if isinstance(value, str | os.PathLike) else value


def pairs_of(value: Any) -> Any:
    """Return a mapping as sorted pairs, lists as tuples; what is neither comes back as it is."""
    if isinstance(value, Mapping):
        return tuple(sorted(((key, pairs_of(each)) for key, each in value.items()), key=lambda pair: str(pair[0])))
    if isinstance(value, list):
        return tuple(map(pairs_of, value))
    return plain_text(value)


def is_pairs(value: Any) -> bool:
    """Say whether a value is a mapping in the form of pairs."""
    return isinstance(value, tuple) and all(isinstance(each, tuple) and len(each) == 2 for each in value)


def mapping_of(value: Any) -> Any:
    """Return pairs as the mapping that they stand for."""
    return {key: mapping_of(each) for key, each in value} if is_pairs(value) else value
