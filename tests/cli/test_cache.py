"""Files that save work: found again also where nothing can be written, and kept while they are used."""

import errno
import os
from pathlib import Path

import pytest

from runner.cli import cache


def read_only(path: Path) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)


def test_what_was_saved_is_loaded_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.save(tmp_path, "plan", b"known")
    monkeypatch.setattr(os, "utime", read_only)
    assert cache.load(tmp_path, "plan") == b"known"


def test_what_was_loaded_last_is_kept_longest(tmp_path: Path) -> None:
    for number in range(cache.MOST_FILES):
        cache.save(tmp_path, f"{number}", b"known")
        os.utime(tmp_path / f"{number}.json", (number, number))
    cache.load(tmp_path, "0")
    cache.save(tmp_path, "new", b"known")
    assert [cache.load(tmp_path, name) for name in ("0", "1", "new")] == [b"known", None, b"known"]
