"""Languages that QuickTime can say, by writing each of them with FFmpeg and asking another ffprobe."""

from pathlib import Path

from runner.plan.languages import _QUICKTIME, _TO_QUICKTIME, spelled
from tests.acceptance.looks import streams
from tests.clips import ffmpeg


def said(path: Path, languages: list[str]) -> list[str | None]:
    """Return the language of each of a file's tracks, written with these."""
    sound = [
        word
        for number, each in enumerate(languages)
        for word in ("-map", "0:a", f"-metadata:s:a:{number}", f"language={each}")
    ]
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=8000:d=0.05", *sound, "-c:a", "pcm_s16le", f"file:{path}")
    return [track["tags"].get("language") for track in streams(path)]


def test_every_spelling_of_the_table_is_one_that_a_mov_gives_back(tmp_path: Path) -> None:
    spellings = sorted(_QUICKTIME)
    assert [each and each.strip() for each in said(tmp_path / "a.mov", spellings)] == [
        each.strip() for each in spellings
    ]


def test_the_codes_that_are_spelled_otherwise_would_be_lost_as_they_are(tmp_path: Path) -> None:
    assert set(said(tmp_path / "a.mov", sorted(_TO_QUICKTIME))) == {None}
    assert set(_TO_QUICKTIME.values()) <= _QUICKTIME


def test_containers_that_take_every_language_take_it_as_it_is() -> None:
    assert [spelled("deu", container) for container in ("mov", "mp4", "mkv", "webm", "mxf")] == [
        *("ger", "deu", "deu", "deu"),
        None,
    ]
    assert (spelled("en-GB", "mkv"), spelled("en-GB", "mp4"), spelled(None, "mov")) == ("en-GB", None, None)
