"""jobspec-runner: transcoding jobs as reviewed text, expanded into a plan, executed, verified, recorded."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.errors import JobSpecValidationError
    from runner.spec.model import FpsMode, JobSpec

__all__ = ["FpsMode", "JobSpec", "JobSpecValidationError", "__version__"]

__version__ = "0.1.0"

_HOMES = {
    "FpsMode": "runner.spec.model",
    "JobSpec": "runner.spec.model",
    "JobSpecValidationError": "runner.errors",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for: `jobspec --version` must not pay for the schema."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
