"""Where a verb writes its document: a file that -o names, else stdout."""

import sys
from pathlib import Path

from runner.errors import JobspecError, problem


def write(text: str, output: Path | None) -> None:
    """Write `text` as UTF-8, whatever the locale. Raises JobspecError (64) for a file that cannot be written."""
    if output is None:
        sys.stdout.buffer.write(text.encode())
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise JobspecError(problem("JS100", reason=f"{output} cannot be written: {error.strerror}")) from None
