"""Outputs that share a source → the arguments of one process."""

from collections.abc import Sequence

from runner.plan.arguments import Arg, Threads, Written
from runner.plan.model import Output

# No banner, no keyboard (a "q" there ends a file early), errors and nothing else on stderr, and an output
# without a frame is a failure (it exits with 0 otherwise). Filters take their share of the cores too: by itself FFmpeg
# gives each a thread for every core of the machine, whatever quota it runs under. No bit depends on how many.
GLOBAL: tuple[Arg, ...] = (
    *("-hide_banner", "-nostdin", "-v", "error", "-abort_on", "empty_output"),
    *("-filter_threads", Threads()),
)


def compose(outputs: Sequence[Output]) -> tuple[Arg, ...]:
    """Return the arguments, FFmpeg itself left out, of the process that makes these outputs of one task."""
    return (*reading(outputs), *(argument for number, each in enumerate(outputs) for argument in writing(each, number)))


def reading(outputs: Sequence[Output]) -> tuple[Arg, ...]:
    """Return the arguments up to the input, which the outputs of one task have in common."""
    return (*GLOBAL, *outputs[0].arguments.reading)


def writing(output: Output, number: int) -> tuple[Arg, ...]:
    """Return the arguments of one output, which is this number in its process."""
    return (
        *("-map", f"0:V:{output.source.facts.picture.stream}"),
        *("-vf", ",".join(output.arguments.filters)),
        *output.arguments.writing,
        Written(name=output.work_name, output=number),
    )
