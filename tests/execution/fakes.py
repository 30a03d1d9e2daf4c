"""FFmpegs that misbehave while they encode: shell scripts that pass questions and decodes on to the real one.

What they do is written in sh: `$real` is the bundled FFmpeg, `"$@"` its arguments but the last, `$last` the output.
"""

import os
import shlex
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from runner.execution.task import WORK
from tests.clips import FFMPEG

_SCRIPT = """\
#!/bin/sh
real={real}
case " $* " in
*" -version "*|*" -encoders "*|*" -filters "*|*" -f null "*) exec "$real" "$@" ;;
esac
left=$#
while [ "$left" -gt 1 ]; do
    word=$1
    shift
    set -- "$@" "$word"
    left=$((left - 1))
done
last=$1
shift
{encode}
"""

FAILS = 'echo "the card is on fire" >&2; exit 7'
COMPLAINS = '"$real" "$@" "$last"; echo "all is well, nearly" >&2; exit 0'
WRITES_NOTHING = "exit 0"
WRITES_GARBAGE = 'head -c 4000 /dev/urandom >"${last#file:}"'
STOPS_EARLY = 'exec "$real" "$@" -frames:v 4 "$last"'


def fake(path: Path, encode: str) -> Path:
    """Write an FFmpeg that encodes as `encode` says."""
    path.write_text(_SCRIPT.format(real=shlex.quote(FFMPEG), encode=encode), encoding="utf-8")
    path.chmod(0o755)
    return path


def endless(path: Path) -> Path:
    """Write an FFmpeg that reads its source again and again at the clip's own speed, and so never ends."""
    return fake(path, 'exec "$real" -re -stream_loop -1 "$@" "$last"')


def slow(path: Path) -> Path:
    """Write an FFmpeg that takes more than a second for a clip of ten frames."""
    return fake(path, 'exec "$real" -readrate 0.02 -readrate_initial_burst 0.01 "$@" "$last"')


def waiting(path: Path, begun: Path, go_on: Path, encode: str = '"$real" "$@" "$last"') -> Path:
    """Write an FFmpeg that encodes, makes the file `begun`, and ends when somebody makes the file `go_on`."""
    signal, gate = shlex.quote(str(begun)), shlex.quote(str(go_on))
    return fake(path, f"{encode} || exit\n: >{signal}\nwhile [ ! -e {gate} ]; do sleep 0.02; done")


def fake_without(path: Path, *, version: str | None = None, encoder: str | None = None) -> Path:
    """Write an FFmpeg that encodes well, but says it is of another version, or lacks an encoder."""
    answers = []
    if version:
        answers.append(f'*" -version "*) echo "ffmpeg version {version} Copyright (c) the FFmpeg developers"; exit ;;')
    if encoder:
        answers.append(f'*" -encoders "*) {shlex.quote(FFMPEG)} "$@" | grep -vw {shlex.quote(encoder)}; exit ;;')
    listed = "\n".join(answers)
    script = f'#!/bin/sh\ncase " $* " in\n{listed}\nesac\nexec {shlex.quote(FFMPEG)} "$@"\n'
    path.write_text(script, encoding="utf-8")
    path.chmod(0o755)
    return path


def _about(text: str) -> dict[int, str]:
    found = {}
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = process.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if text in line:
            found[int(process.parent.name)] = line
    return found


def processes_about(text: str) -> list[str]:
    """Return the command lines, of all processes alive, that hold `text`."""
    return list(_about(text).values())


def stop_when(stop: threading.Event, begun: Callable[[], object]) -> None:
    """Give the order to stop, from a thread, once what is to be stopped has begun: however loaded the machine."""

    def watch() -> None:
        end = time.monotonic() + 30
        while not begun() and time.monotonic() < end:
            time.sleep(0.05)
        stop.set()

    threading.Thread(target=watch, daemon=True).start()


def end_processes_about(text: str) -> None:
    """Kill all processes whose command line holds `text`, which must be a folder of the test's own."""
    for number in _about(text):
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def work_folders(outputs: Path) -> list[Path]:
    """Return what a run left of its work below an output folder; a finished one leaves nothing."""
    return [path for path in outputs.rglob("*") if path.match(f"{WORK}/*") or path.match(str(WORK))]
