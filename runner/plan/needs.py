"""What an FFmpeg must have for these outputs to be made: encoders and filters."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from runner.plan.model import Output

_NAME = re.compile(r"\w+")
# A filter chain for all tracks, for the picture, for one track.
_CHAIN = re.compile(r"-af|-vf|-filter:a:\d+")


def encoders_of(outputs: Iterable[Output]) -> frozenset[str]:
    """Return the encoders that these outputs need, by FFmpeg's names."""
    return frozenset(name for output in outputs for name in output.needs)


def filters_of(outputs: Iterable[Output]) -> frozenset[str]:
    """Return the filters that these outputs need, by FFmpeg's names."""
    chains = {chain for output in outputs for chain in _chains(output)}
    steps = (step for chain in chains for step in chain.split(","))
    return frozenset(match[0] for step in steps if (match := _NAME.match(step)))


def _chains(output: Output) -> Iterator[str]:
    yield from output.arguments.filters
    for option, value in pairwise(output.arguments.writing):
        if isinstance(option, str) and isinstance(value, str) and _CHAIN.fullmatch(option):
            yield value
