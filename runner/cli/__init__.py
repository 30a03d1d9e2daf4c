"""The command: one module per verb; each parses, calls, prints."""

import sys


def main() -> None:
    """Run `jobspec`; answers --version before anything is imported, for that is what scripts ask all the time."""
    if sys.argv[1:] == ["--version"]:
        from runner import __version__

        print(f"jobspec {__version__}")
        return
    from runner.cli.entry import run

    sys.exit(run())
