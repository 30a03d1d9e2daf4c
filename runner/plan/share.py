"""Outputs → tasks: those that read the same source the same way share one FFmpeg, which decodes it once.

No `split` is needed: FFmpeg decodes a stream once however many outputs map it, and gives each a filter chain of its
own. So every output keeps its arguments word for word, and its streams are those that it has when it runs alone.
Measured with 5.1.9 and 9.0.2 over H.264, HEVC and ProRes sources by `-f streamhash`, and held by tests/plan/
test_share.py; what it saves, tests/benchmarks/share.py prints.

Keys never see any of this, nor do `diff`, `why` and `status`.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from runner.plan.arguments import Auxiliary
from runner.plan.estimate import memory
from runner.plan.model import Output, Plan, Task
from runner.plan.sound import FRAMED

# Each output has an encoder of its own in memory and a claim that others wait for; by eight, decoding is an eighth of
# what it was, and little is left to save.
MOST = 8
# Bytes that the outputs of a task may need together: what eight of 1080 lines do, or four of 2160, and what a machine
# of 16 GiB allows FFmpeg (execution/limits.py). It is no machine's own figure: a plan is the same wherever it is made.
MOST_MEMORY = 12 << 30


# Formats in which FFmpeg's clock begins with the file's first stream, whatever is mapped: a picture that comes in after
# its sound, or before it, has the same times beside outputs with sound as alone (9.0.2, measured; tests/plan/
# test_share.py holds it). In others it may begin with the first stream that any output maps: of a transport stream the
# picture would begin late in an output without sound.
_ONE_CLOCK = frozenset(("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mxf"))


def _may_share(output: Output) -> bool:
    """Say whether FFmpeg can make this output beside others.

    Where `fps=` gives several encoders more frames than it takes, FFmpeg 9.0.2 may wait for ever, using no CPU: a
    deadlock in its scheduler. Measured with three codecs from 24 to 25 and from 25 to 50 frames a second, with a
    picture that comes in after the sound, and with a variable rate. So whatever is resampled is made alone. It also
    waits for ever where sound begins after its picture and goes into MXF, which wants some of it with every frame, and
    into another output too: by 0.4 s always, by 0.2 s of 1 s sometimes. So MXF with any such sound is made alone.
    """
    offset, intent = output.source.facts.offset, output.intent
    late = offset is not None and offset < 0 and bool(intent.sound) and intent.wrap.container in FRAMED
    return intent.picture.timing != "resampled" and not late


def _read_alike(one: Output, other: Output) -> bool:
    """Say whether what one FFmpeg reads, and how it takes what its decoder says, is right for both outputs.

    Both have the sound of the source, which is all of its tracks, or neither has, unless the format's clock does not
    hang on that.
    """
    return (
        one.source == other.source
        and (len(one.intent.sound) == len(other.intent.sound) or one.source.facts.format in _ONE_CLOCK)
        and one.arguments.reading == other.arguments.reading
        and one.tolerates == other.tolerates
        and one.key.toolchain == other.key.toolchain
    )


def _lie_together(outputs: Iterable[Output]) -> bool:
    """Say whether the files that filters read can lie in one folder: each name stands for one file."""
    placed: dict[str, Auxiliary] = {}
    every = (each for output in outputs for each in output.auxiliary)
    return all(placed.setdefault(each.name, each) == each for each in every)


def _fits(output: Output, outputs: Sequence[Output], group: Sequence[int]) -> bool:
    others = [outputs[number] for number in group]
    every = (*others, output)
    few = len(group) < MOST and memory(every) <= MOST_MEMORY and all(map(_may_share, every))
    return few and _read_alike(output, others[0]) and _lie_together(every)


def tasks(outputs: Sequence[Output]) -> tuple[Task, ...]:
    """Return the tasks that make these outputs, decoding each source as rarely as may be; in order of first output."""
    groups: list[list[int]] = []
    open_for: dict[str, list[list[int]]] = {}
    for number, output in enumerate(outputs):
        of_source = open_for.setdefault(output.source.location, [])
        group = next((each for each in of_source if _fits(output, outputs, each)), None)
        if group is None:
            group = []
            groups.append(group)
            of_source.append(group)
        group.append(number)
    return tuple(Task(source=outputs[each[0]].source.location, outputs=tuple(each)) for each in groups)


def apart(plan: Plan) -> Plan:
    """Return the plan with a task for each output: every one of them decodes its source for itself."""
    alone = (Task(source=each.source.location, outputs=(number,)) for number, each in enumerate(plan.outputs))
    return msgspec.structs.replace(plan, tasks=tuple(alone))


def as_in(saved: Plan, plan: Plan) -> Plan:
    """Return the plan grouped the way a saved one is, where that groups nothing that the plan does not.

    Decoding more often than one must changes no stream: so a plan may be saved without sharing, or by an older rule.
    """
    return msgspec.structs.replace(plan, tasks=saved.tasks) if _is_finer(saved.tasks, plan) else plan


def _is_finer(tasks: Sequence[Task], plan: Plan) -> bool:
    """Say whether tasks make every output of a plan once, in its order, each task a part of one of the plan's."""
    whole = {number: task for task in plan.tasks for number in task.outputs}
    if sorted(number for task in tasks for number in task.outputs) != sorted(whole):
        return False
    parts = all(
        task.outputs == tuple(sorted(task.outputs))
        and task.outputs
        and set(task.outputs) <= set(whole[task.outputs[0]].outputs)
        and task.source == whole[task.outputs[0]].source
        for task in tasks
    )
    return parts and [task.outputs[0] for task in tasks] == sorted(task.outputs[0] for task in tasks)


def groups(plan: Plan, wanted: Collection[str]) -> Iterator[tuple[Output, ...]]:
    """Yield, for each task, those of its outputs whose places are wanted: what one FFmpeg is to make."""
    for task in plan.tasks:
        due = tuple(plan.outputs[number] for number in task.outputs if plan.outputs[number].location in wanted)
        if due:
            yield due
