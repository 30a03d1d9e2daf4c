"""A machine whose control groups the test makes up."""

from pathlib import Path


def machine(root: Path, group: str, files: dict[str, str]) -> Path:
    for path, text in {"proc/self/cgroup": group, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"{text}\n")
    return root
