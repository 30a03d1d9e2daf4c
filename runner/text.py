"""Text that came from a file, made safe to print."""

import re

# What a terminal, a log reader or CI would obey instead of show: C0 and C1 controls, DEL,
# bidirectional overrides and isolates (Unicode TR9), line and paragraph separators, lone surrogates,
# and what is invisible and makes two names look alike: joiners, fillers, soft hyphens, tags (Unicode TR36).
_OBEYED = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
# GitHub reads a command from a line that begins with ::, and both it and Azure from ##[…] or ##name[…] anywhere in one.
_COMMAND = re.compile(r"^(\s*)(?=::|##)|(#)(?=#\w*\[)")
# What most text is made of, in which there is nothing to obey: a table of a hundred thousand rows is quicker seen so.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ ./:(),-]*")


def _shown(match: re.Match[str]) -> str:
    point = ord(match.group())
    return {0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t"}.get(point) or (
        f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
    )


def harmless(text: str) -> str:
    """Return `text` on one line, with everything that would be obeyed rather than shown spelled out."""
    if _PLAIN.fullmatch(text):
        return text
    return _COMMAND.sub(r"\1\2\\", _OBEYED.sub(_shown, text))


def quoted(text: str, limit: int = 80) -> str:
    """Return `text` harmless, in double quotes, cut in the middle when longer than `limit` characters."""
    if len(text) > limit:
        text = f"{text[: limit - 20]}…{text[-19:]}"
    return f'"{harmless(text)}"'
