"""Says with which arguments pytest runs here: the fault suite needs root and a few programs of Debian's.

Installs what is missing where it may. Where it may not, the suite is left out, and that is said: CI always runs it.
"""

import os
import shutil
import subprocess
import sys

# Program → Debian's package: faults injected into system calls, a clock set back, mounts of a test's own.
NEEDED = {"strace": "strace", "gcc": "gcc", "unshare": "util-linux", "nsenter": "util-linux"}


def missing() -> list[str]:
    """Return the needed programs that are not on the PATH."""
    return [name for name in NEEDED if shutil.which(name) is None]


def install(programs: list[str]) -> None:
    """Install the packages of these programs, where apt-get is there."""
    if shutil.which("apt-get") is None:
        return
    packages = sorted({NEEDED[name] for name in programs})
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", *packages]):
        subprocess.run(command, stdout=sys.stderr, check=False)


def main() -> int:
    """Print the arguments; exit with 1 in CI when the suite cannot run."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root and missing():
        install(missing())
    lacking = missing() + ([] if root else ["root's rights"])
    if not lacking:
        return 0
    print(f"NOT RUN: tests/faults, which needs {', '.join(lacking)}; CI runs it", file=sys.stderr)
    print("--ignore=tests/faults")
    return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
