"""A camera file with a scratch in it: refused, unless its spec lets through by name what the decoder says of it."""

import subprocess
from pathlib import Path

from tests.acceptance.looks import frames
from tests.clips import FFMPEG, clip
from tests.conftest import Repository

PATTERNS = '["error while decoding MB", "corrupted macroblock"]'


def scratched(path: Path) -> Path:
    """Make a clip whose middle has some wrong bytes: its decoder complains of them, and conceals them."""
    clip(path, seconds=1, encode=("-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-pix_fmt", "yuv420p"))
    data = bytearray(path.read_bytes())
    middle = data.index(b"mdat") + (data.index(b"moov") - data.index(b"mdat")) // 2
    data[middle : middle + 40] = bytes(byte ^ 0x55 for byte in data[middle : middle + 40])
    path.write_bytes(data)
    return path


def spec(repository: Repository, patterns: str = "") -> str:
    file = repository.spec()
    beside = f"  - {{path: media:a.mov, tolerate: {patterns}}}\n" if patterns else "  - media:a.mov\n"
    file.write_text(file.read_text().replace("  - media:a.mov\n", beside))
    return str(file)


def messages(path: Path) -> list[str]:
    """Return what the decoder says of a clip, its own prefixes left out."""
    done = subprocess.run([FFMPEG, "-v", "error", "-i", f"file:{path}", "-f", "null", "-"], capture_output=True)
    return [line.partition("] ")[2] for line in done.stderr.decode().splitlines()]


def test_a_scratched_clip_is_refused_and_called_damaged(repository: Repository) -> None:
    scratched(repository.media / "a.mov")
    done = repository.jobspec("run", spec(repository))
    assert (done.returncode, repository.outputs()) == (4, [])
    assert "JS177" in done.stderr and "tolerate" in done.stderr


def test_what_is_tolerated_by_name_is_let_through_with_every_frame_and_said_in_the_plan(repository: Repository) -> None:
    source = scratched(repository.media / "a.mov")
    assert messages(source)
    patterns = str([message[:20] for message in messages(source)]).replace("'", '"')
    told = repository.jobspec("plan", spec(repository, patterns)).stdout
    assert "is let through" in told
    done = repository.jobspec("run", spec(repository, patterns))
    assert done.returncode == 0, done.stderr
    assert frames(repository.proxies / "out/a.mov") == frames(source) == 25


def test_a_message_that_was_not_named_still_fails_the_clip(repository: Repository) -> None:
    scratched(repository.media / "a.mov")
    done = repository.jobspec("run", spec(repository, '["something else"]'))
    assert (done.returncode, repository.outputs()) == (4, [])


def test_the_script_lets_through_the_same(repository: Repository) -> None:
    source = scratched(repository.media / "a.mov")
    patterns = str([message[:20] for message in messages(source)]).replace("'", '"')
    script = repository.jobspec("plan", "--format", "sh", spec(repository, patterns)).stdout
    done = subprocess.run(["sh"], input=script, text=True, capture_output=True, cwd=repository.top)
    assert done.returncode == 0, done.stderr
    assert frames(repository.proxies / "out/a.mov") == 25
    other = repository.jobspec("plan", "--format", "sh", spec(repository, '["something else"]')).stdout
    (repository.proxies / "out/a.mov").unlink()
    assert subprocess.run(["sh"], input=other, text=True, capture_output=True).returncode == 4


def test_what_is_tolerated_is_part_of_the_key(repository: Repository) -> None:
    clip(repository.media / "a.mov", seconds=0.2)
    assert repository.jobspec("run", spec(repository)).returncode == 0
    assert "stale" in repository.jobspec("status", spec(repository, PATTERNS)).stdout
