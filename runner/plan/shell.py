"""Plan → POSIX script: the same commands that `run` starts, for anyone to read and run with plain sh.

The only module that quotes.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from runner.plan.arguments import ENVIRONMENT, Arg, Auxiliary, FontFile, Input, LutFile, TextFile, Threads, Written
from runner.plan.compose import compose, reading, writing
from runner.plan.document import digest
from runner.plan.model import Output, Plan
from runner.plan.shell_functions import ALONE, ALWAYS, SHARED, TOGETHER, WRITING
from runner.spec.location import Location, parse_location
from runner.spec.sequence import parse_pattern
from runner.text import harmless

_HEAD = """\
#!/bin/sh
# A plan of jobspec-runner, {digest}
# made for FFmpeg {toolchain} with recipes {recipes}: {count} outputs.
# Encodes each output in a work folder, checks exit code, messages and frame count, then moves it to its name.
# Stops at the first failure. A file that stands there already is left alone, named, and makes the exit code 3.
#
# A $ in a name is a $, and a line end in a mount's path is no pattern.
# shellcheck disable=SC2016,SC3060
set -eu
umask 022

"""


def _auxiliary(plan: Plan) -> list[Auxiliary]:
    return list(dict.fromkeys(each for output in plan.outputs for each in output.auxiliary))


def fonts_of(plan: Plan) -> list[FontFile]:
    """Return the fonts that a plan draws with: one, or none."""
    return [each for each in _auxiliary(plan) if isinstance(each, FontFile)]


def _writing(plan: Plan) -> str:
    kinds = {type(each) for each in _auxiliary(plan)}
    return "".join(function for needing, function in WRITING if kinds.intersection(needing))


def script(plan: Plan, ffmpeg: Path, mounts: Mapping[str, Path], font: Path | None = None) -> str:
    """Return the plan as a POSIX script.

    `ffmpeg`, `mounts` and the `font` of burn-ins are the defaults of the variables at its top.
    """
    head = _HEAD.format(
        digest=digest(plan),
        toolchain=", ".join(plan.header.toolchain),
        recipes=", ".join(map(str, plan.header.recipes)),
        count=len(plan.outputs),
    )
    tasks = [[plan.outputs[number] for number in task.outputs] for task in plan.tasks]
    most = max(map(len, tasks), default=1)
    parts = (*_variables(plan, ffmpeg, mounts, font), _functions(most), _writing(plan))
    steps = (_together(number, task) if len(task) > 1 else _alone(task[0]) for number, task in enumerate(tasks, 1))
    return "".join((head, *parts, *steps, _TAIL))


def _functions(most: int) -> str:
    """Return what a script defines whose largest task has so many outputs."""
    if most == 1:
        return f"{ALONE}{ALWAYS}"
    numbers = range(1, most + 1)
    shared = SHARED.format(
        unset=" ".join(f"work_{number}=''" for number in numbers),
        works=" ".join(f'"$work_{number}"' for number in numbers),
    )
    return f"{shared}{ALWAYS}{TOGETHER}"


_TAIL = """\
[ "$left_alone" -eq 0 ] || exit 3
"""


def _variables(plan: Plan, ffmpeg: Path, mounts: Mapping[str, Path], font: Path | None) -> Iterator[str]:
    yield "# Where things are on this machine; each may be set from outside.\n"
    yield f"FFMPEG=${{FFMPEG:-{_default(str(ffmpeg))}}}\nTHREADS=${{THREADS:-0}}\n"
    if fonts_of(plan):
        yield _set("FONT", font, f"{fonts_of(plan)[0].file} of {fonts_of(plan)[0].package} is")
    roots = _roots(plan)
    yield from (_set(_variable(root), mounts.get(root), f"the root {root} is mounted") for root in roots)
    yield _ABSOLUTE + "".join(_ROOT.format(name=_variable(root)) for root in roots)
    # Asked for a report, FFmpeg would write one wherever the script was started.
    yield f"export {' '.join(f'{name}={value}' for name, value in ENVIRONMENT.items())}\nunset FFREPORT\n\n"


# A bare name is looked up on PATH.
_ABSOLUTE = """\
# FFmpeg works in the work folder, from where a relative path would lead elsewhere.
case $FFMPEG in /*) ;; */*) FFMPEG=$PWD/$FFMPEG ;; esac
"""
_ROOT = "case ${name} in /*) ;; *) {name}=$PWD/${name} ;; esac\n"


def _set(name: str, path: Path | None, what: str) -> str:
    """Return the line that gives a variable its default, or asks for it."""
    if path is None:
        return f': "${{{name}:?say where {what}}}"\n'
    return f"{name}=${{{name}:-{_default(str(path))}}}\n"


def _default(text: str) -> str:
    """Quote the default of a ${NAME:-…} outside double quotes."""
    return shlex.quote(text)


def _roots(plan: Plan) -> list[str]:
    places = [place for each in plan.outputs for place in (each.location, each.source.location)]
    places += [each.location for each in _auxiliary(plan) if isinstance(each, LutFile)]
    return sorted({root for place in places if (root := parse_location(place).root)})


def _variable(root: str) -> str:
    return f"ROOT_{root.upper().replace('-', '_')}"


def _path(location: Location) -> str:
    """Return the shell word of a place: its root's variable, the rest quoted."""
    if location.root is None:
        return shlex.quote(location.path)
    return f'"${_variable(location.root)}"{shlex.quote("/" + location.path) if location.path else ""}'


def _pattern(argument: Input) -> Location:
    """Return the place of an input; of an image sequence as the pattern that FFmpeg reads below the mount."""
    place = parse_location(argument.location)
    if not argument.sequence:
        return place
    folder, _, name = place.path.rpartition("/")
    pattern = parse_pattern(name)
    return Location(place.root, pattern.within(folder) if folder else pattern.ffmpeg)


def _word(argument: Arg) -> str:
    if isinstance(argument, Input):
        return f"file:{_path(_pattern(argument))}"
    if isinstance(argument, Written):
        return f'"file:$work"/{shlex.quote(argument.name)}'
    return '"$THREADS"' if isinstance(argument, Threads) else shlex.quote(argument)


# Options that begin a row of the command, so that a reader finds input, picture, sound and file at a glance.
_BEGIN = ("-xerror", "-protocol_whitelist", "-i", "-map", "-vf", "-sn", "-c:a", "-c:v", "-fps_mode", "-f")


_INDENT = " " * 8


def _rows(words: list[str]) -> str:
    rows: list[list[str]] = [[]]
    for word in words:
        if word in _BEGIN:
            rows.append([])
        rows[-1].append(word)
    return f" \\\n{_INDENT}".join(" ".join(row) for row in rows)


def _put(each: Auxiliary) -> str:
    """Return the line that puts one file into the work folder."""
    if isinstance(each, TextFile):
        return f"    text {each.name} {shlex.quote(each.text)}\n"
    digest = each.sha256.removeprefix("sha256:")
    if isinstance(each, FontFile):
        return f'    font {each.name} "$FONT" {shlex.quote(digest)}\n'
    place = _path(parse_location(each.location))
    return f"    lut {each.name} {place} {shlex.quote(digest)} {shlex.quote(each.head)}\n"


# What a pattern has no other meaning for than itself: the shell would read sets of letters, and quoting.
_LITERAL = str.maketrans({"[": "[[]", "\\": r"[\\]"})


def _tolerated(output: Output) -> str:
    patterns = " ".join(shlex.quote(each.translate(_LITERAL)) for each in output.tolerates)
    return f"    tolerate {patterns}\n" if patterns else ""


def _notes(output: Output, indent: str = "") -> str:
    return "".join(f"{indent}# not kept: {harmless(loss)}\n" for loss in output.losses)


def _begin(output: Output) -> str:
    return f"begin {_path(parse_location(output.directory))} {shlex.quote(output.name)}"


def _check(output: Output) -> str:
    return f"check {output.work_name} {output.expects.frames} {output.expects.frames_off}"


def _words(arguments: Iterable[Arg]) -> str:
    return _rows([_word(argument) for argument in arguments])


def _alone(output: Output) -> str:
    named = harmless(f"{output.source.location} -> {output.location}")
    return (
        f"# {named}\n{_notes(output)}"
        f"if {_begin(output)}; then\n"
        f"{''.join(map(_put, output.auxiliary))}"
        f"    encode {_words(compose([output]))}\n"
        f"{_tolerated(output)}"
        f"    {_check(output)}\n    publish {output.work_name}\n    clean\nfi\n\n"
    )


def _together(number: int, outputs: Sequence[Output]) -> str:
    """Return a task of several outputs: those that are due are made by one FFmpeg, to whose command each adds its own.

    All are checked before the first of them gets its name, so that what fails leaves nothing half done.
    """
    numbered = list(enumerate(outputs, 1))
    made = "".join(
        f'    if [ -n "$work_{each}" ]; then work=$work_{each} final=$final_{each}; {_check(output)}; fi\n'
        for each, output in numbered
    )
    named = "".join(
        f'    if [ -n "$work_{each}" ]; then work=$work_{each} final=$final_{each}; publish {output.work_name}; fi\n'
        for each, output in numbered
    )
    return (
        f"# {harmless(outputs[0].source.location)}, decoded once for {len(outputs)} outputs\n"
        f"task_{number}() {{\n"
        f"    set -- {_words(reading(outputs))}\n"
        f"{''.join(_added(each, output) for each, output in numbered)}"
        f'    [ -n "$here" ] || return 0\n'
        f'    encode "$@"\n'
        f"{_tolerated(outputs[0])}{made}{named}"
        f"    clean\n}}\ntogether task_{number} {len(outputs)}\n\n"
    )


def _added(number: int, output: Output) -> str:
    """Return how one output of a task adds itself to the command, if it is due."""
    auxiliary = "".join(f"    {_put(each)}" for each in output.auxiliary)
    words = _words(writing(output, 0)).replace(f"\n{_INDENT}", f"\n{_INDENT}    ")
    return (
        f"    # -> {harmless(output.location)}\n{_notes(output, '    ')}"
        f"    if due {number} && {_begin(output)}; then\n"
        f"        work_{number}=$work final_{number}=$final\n{auxiliary}"
        f'        set -- "$@"{words}\n    fi\n'
    )
