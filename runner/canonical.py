"""Canonical JSON and digests: the one form in which values are written, compared and hashed.

UTF-8, sorted keys, no floats, fractions as "24000/1001", fields that hold their default left out:
so a field that a later version adds changes no digest of a value that does not use it.
"""

import hashlib
import re
from collections.abc import Hashable
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Base of every value that is written to a file: frozen, slotted, keyword-only, strictly read back.

    msgspec leaves a default out by identity, not by equality, so only what there is one of may be a default: None,
    a truth value, 0, and the empty tuple. Anything else would be written or not depending on where it came from.
    `tests/test_canonical.py` holds every subclass to this. What is frozen can be in no circle, so Python need not look
    for one: that took a third of the time of a large plan.
    """


_WRITTEN = re.compile(r"(-?[0-9]+)/([0-9]+)")


def _encode(value: Any) -> Any:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    raise TypeError(f"{type(value).__name__} has no canonical form")


@lru_cache(maxsize=4096)
def _fraction(text: str) -> Fraction | None:
    match = _WRITTEN.fullmatch(text)
    return Fraction(int(match[1]), int(match[2])) if match and int(match[2]) else None


def _decode(wanted: type[Any], value: Any) -> Any:
    found = _fraction(value) if wanted is Fraction and isinstance(value, str) else None
    if found is None:
        raise ValueError(f"expected {wanted.__name__}")
    return found


_ENCODER = msgspec.json.Encoder(enc_hook=_encode, order="sorted")


def encode(value: object) -> bytes:
    """Return the canonical JSON of `value`, UTF-8, without a line end; a test sees to it that no Value holds floats."""
    return _ENCODER.encode(value)


def plain(value: object) -> Any:
    """Return `value` as dicts, lists, strings and numbers, the way it is written."""
    return msgspec.to_builtins(value, enc_hook=_encode, order="sorted")


# What a union may hold is worked out once: to do so for each line takes longer than to read it.
@lru_cache(maxsize=64)
def _decoder(wanted: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(wanted, dec_hook=_decode)


def decode(data: bytes | str, wanted: type[T]) -> T:
    """Read canonical JSON as `wanted`. Raises msgspec.MsgspecError with the path of what does not fit."""
    try:
        found: T = _decoder(wanted).decode(data)  # type: ignore[arg-type]
    except RecursionError:
        raise msgspec.ValidationError("it is nested too deep") from None
    return found


def decode_lines(data: bytes, wanted: type[T]) -> list[T]:
    """Read lines of canonical JSON, each an object as `wanted`, in half the time of one by one.

    Raises msgspec.MsgspecError, as `decode` does, and for a line that holds none or a part of a value; it does not say
    which line it was.
    """
    try:
        found: list[T] = _decoder(wanted).decode_lines(data)  # type: ignore[arg-type]
    except RecursionError:
        raise msgspec.ValidationError("it is nested too deep") from None
    if len(found) != data.count(b"\n") or data.count(b"}\n{") != max(0, len(found) - 1):
        raise msgspec.DecodeError("not every line is one value")
    return found


def digest(value: object) -> str:
    """Return the tagged SHA-256 of the canonical JSON of `value`: "sha256:<64 hex digits>"."""
    return f"sha256:{hashlib.sha256(encode(value)).hexdigest()}"


def short(value: object) -> str:
    """Return 32 hex digits of the digest: enough for keys, short enough for 100,000 ledger lines."""
    return hashlib.sha256(encode(value)).hexdigest()[:32]
