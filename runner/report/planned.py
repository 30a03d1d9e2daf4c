"""A plan for people: as text, and as Markdown."""

import re
from collections.abc import Iterator

from runner.plan.document import digest
from runner.plan.model import Output, Plan
from runner.spec.rates import rate_label
from runner.text import harmless


def _made_of(output: Output) -> str:
    """Return what the source is, in a few words."""
    facts, picture = output.source.facts, output.source.facts.picture
    fields = "" if picture.scan == "progressive" else f" {picture.scan}"
    return (
        f"{picture.codec} {picture.width}x{picture.height}{fields} {rate_label(picture.rate)} fps, "
        f"{picture.frames} frames, {_sound([track.channels for track in facts.sound])}"
    )


def _made_into(output: Output) -> str:
    intent, expects = output.intent, output.expects
    about = f" ± {expects.frames_off}" if expects.frames_off else ""
    code = f", starts {intent.wrap.timecode}" if intent.wrap.timecode else ""
    return (
        f"{intent.picture.codec} {expects.width}x{expects.height} {rate_label(expects.rate)} fps in "
        f"{intent.wrap.container}, {expects.frames}{about} frames, {_sound(list(expects.channels))}{code}"
    )


def _sound(channels: list[int]) -> str:
    if not channels:
        return "no sound"
    return f"{len(channels)} audio track{'s' * (len(channels) > 1)} ({'+'.join(map(str, channels))} ch)"


def _made_for(plan: Plan) -> str:
    return f"FFmpeg {', '.join(plan.header.toolchain)}, recipes {', '.join(map(str, plan.header.recipes))}"


def text(plan: Plan) -> Iterator[str]:
    """Yield the lines of a plan as people read it."""
    for job in plan.jobs:
        yield f"job {harmless(job.job_id)}"
        for output in plan.outputs:
            if output.job == job.job_id:
                yield f"  {harmless(output.location)}"
                yield f"    from {harmless(output.source.location)}: {_made_of(output)}"
                yield f"    make {_made_into(output)}"
                yield from (f"    note {harmless(loss)}" for loss in output.losses)
        yield from (f"  skipped {harmless(source)}: {harmless(reason)}" for source, reason in job.skipped)
    yield f"{len(plan.outputs)} outputs, {_made_for(plan)}, {digest(plan)}"


# In one pass: what stands for one letter must not be spelled out once more for another.
_SPELLED = {ord(letter): f"&#{ord(letter)};" for letter in "&<>\\`|*_[]#~!$"}
# GitHub and GitLab look for mentions and references (@name, #12, !34, $5, %6, &7, ~8) in the text that comes out of
# the Markdown, where a letter spelled out is itself again (github/cmark-gfm, issue 181): what follows is held off by
# a space of no width. So are the addresses that both make links of.
_CALLS = re.compile(r"(?<=[@#!$%&~])(?=\S)|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_APART = "\u200b"


def cell(value: str) -> str:
    """Return text that cannot break out of a table cell, be HTML, a link or a reference, or mention anyone."""
    return _CALLS.sub(_APART, harmless(value)).translate(_SPELLED)


def markdown(plan: Plan) -> Iterator[str]:
    """Yield the lines of a plan as a Markdown table."""
    yield f"**{len(plan.outputs)} outputs** in {len(plan.jobs)} jobs, {_made_for(plan)}"
    yield ""
    yield "| output | source | becomes | not kept |"
    yield "|---|---|---|---|"
    for output in plan.outputs:
        cells = (output.location, output.source.location, _made_into(output), "; ".join(output.losses))
        yield f"| {' | '.join(map(cell, cells))} |"
    yield ""
    yield f"`{digest(plan)}`"
