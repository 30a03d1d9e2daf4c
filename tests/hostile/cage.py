"""A cage for one command: a process that ends at the first thing which a stranger's files must not bring about.

Run as a program it takes a line of JSON for each command ({"folder": …, "arguments": […], "git": …}) and answers each
with a line. Every command runs in a fork of its own, so that Python is started once: with two seconds of CPU time,
256 MiB beyond what Python itself takes, and Python's audit hooks on whatever reaches the machine.
"""

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

CPU_SECONDS, MEMORY, BROKEN_OUT = 2, 256 << 20, 99
# Written nowhere; what Python and its packages read is no secret of anyone.
_OURS = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[2] / "runner"), "/dev/null", "/usr/lib", "/usr/share")
_PROCESSES = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork", "os.forkpty")
_CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def _below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def _opened(path: object, flags: object, folders: tuple[str, ...]) -> str | None:
    """Return why a file may not be opened, links followed; a descriptor was opened before."""
    if not isinstance(path, str | bytes):
        return None
    real = os.path.realpath(os.fsdecode(path))
    if isinstance(flags, int) and flags & _WRITING and real != "/dev/null":
        return f"writes {real}"
    return None if _below(real, folders) else f"reads {real}"


def _reason(event: str, arguments: tuple[Any, ...], folders: tuple[str, ...], git: bool) -> str | None:
    """Return why an event must not be, or None."""
    if event == "open":
        return _opened(arguments[0], arguments[2], folders)
    if event in ("os.listdir", "os.scandir"):
        return _opened(arguments[0] or ".", 0, folders)
    if event in _PROCESSES:
        ours = git and event in ("subprocess.Popen", "os.posix_spawn") and str(arguments[0]).split("/")[-1] == "git"
        return None if ours else f"starts {arguments[0] if arguments else event}"
    if event.startswith(("socket.", "urllib.", "http.")) or event in _CHANGES:
        return f"{event} {arguments}"
    return "opens media" if event == "import" and arguments[0].partition(".")[0] == "av" else None


def lock(folder: Path, git: bool) -> None:
    """Close the cage around this process, for good."""
    # A user's own mounts stand outside of every repository; nothing that a stranger sends leads there.
    folders = (str(folder), os.environ["XDG_CONFIG_HOME"], *map(os.path.realpath, _OURS))
    busy = False

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal busy
        if busy:
            return
        busy = True
        reason = _reason(event, arguments, folders, git)
        busy = False
        if reason:
            os.write(2, f"BROKEN OUT: {reason}\n".encode())
            os._exit(BROKEN_OUT)

    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    sys.addaudithook(watch)


def _caged(order: dict[str, Any], out: Path, err: Path) -> None:
    """Run one command and end this process."""
    from runner.cli.entry import run

    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.chdir(order["folder"])
    lock(Path(order["folder"]).resolve(), order["git"])
    os._exit(run(order["arguments"]))


def _preload() -> None:
    """Import what commands import, before any cage: it is the same in all of them."""
    import jinja2.ext
    import rich.console
    import rich.table

    import runner.cli.check
    import runner.cli.diff
    import runner.cli.plan
    import runner.cli.show
    import runner.report.tables

    assert jinja2.ext and rich.console and rich.table and runner.cli


def main() -> None:
    """Answer orders until there are no more."""
    sys.dont_write_bytecode = True  # of what is imported within the cage for the first time; nobody's files ask for it
    _preload()
    for line in sys.stdin:
        order = json.loads(line)
        out, err = Path(order["out"]), Path(order["err"])
        if not (child := os.fork()):
            _caged(order, out, err)
        _, status, used = os.wait4(child, 0)
        code = os.waitstatus_to_exitcode(status)
        print(json.dumps({"code": code, "seconds": used.ru_utime + used.ru_stime}), flush=True)


if __name__ == "__main__":
    main()
