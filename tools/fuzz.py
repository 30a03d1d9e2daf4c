"""Coverage-guided fuzzing of what reads a stranger's files: `make fuzz`, or `python -m tools.fuzz TARGET [-options]`.

What it finds lies in build/fuzz/ as a file each; it becomes a line of tests/hostile/corpus.py, with the answer that it
should have had. Bounded by libFuzzer's -max_total_time, in seconds.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["runner"]):
    from runner.errors import JobspecError
    from runner.media.lock import read_lock
    from runner.report.planned import cell
    from runner.spec import naming
    from runner.spec.judgement import judge
    from runner.spec.source import read_yaml
    from runner.text import harmless

FOLDER = Path("build/fuzz")
_TOKENS = dict.fromkeys(naming.TOKENS, "A001")
_OBEYED = frozenset("\x1b\x07\x08\r\n\u202e\u2066")


def reading(data: bytes) -> None:
    """Any bytes are a spec, judged, or told why not."""
    with suppress(JobspecError):
        judge(read_yaml(data, "a.yaml").data)


def locks(data: bytes) -> None:
    """Any bytes are a lock, or told why not."""
    with suppress(JobspecError):
        read_lock(data, "a.lock.jsonl", "a.yaml")


def names(data: bytes) -> None:
    """Any text is a template that gives a legal name, or told why not."""
    with suppress(JobspecError):
        name = naming.output_name(naming.parse_template(data.decode("utf-8", "replace")), _TOKENS, "media:a.mov")
        assert ".." not in name.split("/")
        assert not name.startswith("/")
        assert not _OBEYED & set(name)


def escaping(data: bytes) -> None:
    """What is printed is obeyed by no terminal, and breaks out of no table."""
    text = data.decode("utf-8", "surrogateescape")
    assert not _OBEYED & set(harmless(text))
    assert not set("|<>\n") & set(cell(text))


TARGETS: dict[str, Callable[[bytes], None]] = {each.__name__: each for each in (reading, locks, names, escaping)}


def main() -> None:
    """Fuzz the target that the first argument names; the rest are libFuzzer's."""
    _, target, *options = sys.argv
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = f"-artifact_prefix={FOLDER}/{target}-"
    atheris.Setup([sys.argv[0], *options, found], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
