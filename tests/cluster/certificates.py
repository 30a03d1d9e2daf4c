"""The keys of a cluster, by the commands of docs/cluster.md as they stand there."""

import re
import subprocess
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/cluster.md"


def commands() -> str:
    """Return the commands of the page that make an authority and a certificate."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return "".join(each for each in blocks if "openssl" in each)


def make(folder: Path) -> tuple[str, str, str]:
    """Make them in a folder; return the paths of authority, certificate and key."""
    subprocess.run(["sh", "-eu", "-c", commands()], cwd=folder, check=True, capture_output=True)
    ca, cert, key = (str(folder / name) for name in ("ca.pem", "cluster.pem", "cluster.key"))
    return ca, cert, key
