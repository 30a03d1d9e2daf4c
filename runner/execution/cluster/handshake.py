"""Before the first task: every worker is asked, and none that is unlike or unable gets any."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from runner import __version__, canonical
from runner.errors import JobspecError, Problem, problem
from runner.execution.cluster.question import Answer, Question, answered
from runner.execution.owner import me
from runner.execution.sweep import MARK
from runner.execution.whole import written
from runner.plan.model import FORMAT, Output
from runner.plan.needs import encoders_of, filters_of
from runner.spec.location import Mounts, parse_location

# Starting FFmpeg three times on a busy machine, and an NFS server that wakes up.
_PATIENCE_SECONDS = 60.0


async def answer(question: str) -> str:
    """Answer on a worker: in a thread of its own, for its event loop must go on."""
    import asyncio

    found = await asyncio.to_thread(answered, msgspec.json.decode(question, type=Question))
    return msgspec.json.encode(found).decode()


@contextmanager
def marked(outputs: Sequence[Output], mounts: Mounts) -> Iterator[tuple[tuple[str, str], ...]]:
    """Write a small file into each state folder, for workers to find; yields their places and what stands in them.

    Their name is new, and they say whose they are from the first moment: what a kill leaves is swept by the next run.
    """
    text = canonical.encode(me()).decode()
    name = f"{MARK}{me().host}-{me().pid}-{time.time_ns()}"
    places = [parse_location(state) / name for state in dict.fromkeys(each.state for each in outputs)]
    files = [mounts.bind(place) for place in places]
    try:
        for file in files:
            file.parent.mkdir(parents=True, exist_ok=True)
            with written(file, durable=False) as new:
                new.write(text.encode())
        yield tuple((str(place), text) for place in places)
    finally:
        for file in files:
            with suppress(OSError):
                file.unlink()


def _sources(outputs: Sequence[Output], mounts: Mounts) -> Iterator[tuple[str, int]]:
    """Yield a source of each root that is there, and its size: a share that is not mounted leaves an empty folder."""
    roots = set()
    for each in outputs:
        place = parse_location(each.source.location)
        path = mounts.bind(place)
        if place.root not in roots and each.source.facts.sequence is None and path.is_file():
            roots.add(place.root)
            yield each.source.location, path.stat().st_size


def question_of(
    outputs: Sequence[Output], mounts: Mounts, ffmpeg: str | None, marks: tuple[tuple[str, str], ...]
) -> Question:
    """Return what these outputs need of a worker."""
    return Question(
        lines=tuple(sorted({each.key.toolchain for each in outputs})),
        encoders=tuple(sorted(encoders_of(outputs))),
        filters=tuple(sorted(filters_of(outputs))),
        ffmpeg=ffmpeg,
        directories=tuple(dict.fromkeys(each.directory for each in outputs)),
        marks=marks,
        sources=tuple(_sources(outputs, mounts)),
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """What is wrong with one worker, and the host it said it runs on."""

    problems: tuple[Problem, ...]
    host: str = ""


def _judged(name: str, found: object, build: str) -> Judged:
    if found is None:
        return Judged((problem("JS246", found=name, reason=f"no answer in {_PATIENCE_SECONDS:.0f} s"),))
    if not isinstance(found, str):
        return Judged((problem("JS245", found=name, reason=f"jobspec does not answer there ({found})"),))
    got = msgspec.json.decode(found, type=Answer)
    unlike = [f"it has jobspec {got.version}, this is {__version__}"] if got.version != __version__ else []
    unlike += [f"it has plan format {got.format}, this is {FORMAT}"] if got.format != FORMAT else []
    unlike += [f"it has FFmpeg {got.ffmpeg}, here is {build}"] if got.ffmpeg not in ("", build) else []
    wrong = [problem("JS245", found=name, reason=reason) for reason in (*unlike, *got.unlike)]
    wrong += [problem("JS246", found=name, reason=reason) for reason in got.unable]
    return Judged(tuple(wrong), got.host)


def ask(client: Any, workers: Mapping[str, str], question: Question, build: str) -> dict[str, Judged]:
    """Ask these workers, names by address, and return what is wrong with each, by address.

    Each is asked by a thread of its own: one that hangs shall be named, and hold up no other.
    """
    text = msgspec.json.encode(question).decode()
    answers: dict[str, object] = {}

    def one(address: str) -> None:
        try:
            answers.update(client.run(answer, text, workers=[address], on_error="return"))
        except Exception as error:  # whatever a stranger's worker makes of it
            answers[address] = error

    threads = [threading.Thread(target=one, args=(address,), daemon=True) for address in workers]
    end = time.monotonic() + _PATIENCE_SECONDS
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return {address: _judged(name, answers.get(address), build) for address, name in workers.items()}


def refuse(judged: Mapping[str, Judged]) -> None:
    """Raise JobspecError when a worker is unlike what it must be (3), or for now unable to work (75)."""
    if wrong := [each for one in judged.values() for each in one.problems]:
        raise JobspecError(wrong)
