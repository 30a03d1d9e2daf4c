"""Plan → POSIX script: the same commands that `run` starts, for anyone to read and run with plain sh.

The only module that quotes.
"""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from runner.plan.arguments import ENVIRONMENT, Arg, Input, Threads, Written
from runner.plan.compose import compose
from runner.plan.document import digest
from runner.plan.model import Output, Plan
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
_FUNCTIONS = """\
left_alone=0
work=
clean() { [ -z "$work" ] || rm -rf -- "$work"; }
trap clean EXIT
trap 'exit 130' HUP INT TERM

fail() {
    printf '%s\\n' "$1" >&2
    exit 4
}

# begin FOLDER NAME: make ready to encode FOLDER/NAME, or say that it is there already
begin() {
    final=$1/$2
    if [ -e "$final" ] || [ -h "$final" ]; then
        printf 'left alone, it is there already: %s\\n' "$final" >&2
        left_alone=1
        return 1
    fi
    mkdir -p -- "$(dirname -- "$final")" "$1/.jobspec/work" || fail "no folder for $final"
    work=$(mktemp -d "$1/.jobspec/work/sh.XXXXXX") || fail "no work folder for $final"
    printf 'encoding %s\\n' "$final"
}

# finish FILE FRAMES OFF: what FFmpeg does not tell by its exit code, then the one step to the final name
finish() {
    [ ! -s "$work/log" ] || { cat "$work/log" >&2; fail "FFmpeg complained, so the output is not trusted: $final"; }
    made=$(sed -n 's/^frame= *//p' "$work/progress" | tail -n 1)
    off=$((${made:-0} - $2))
    [ "${off#-}" -le "$3" ] || fail "$made frames instead of $2: $final"
    ln -- "$work/$1" "$final" 2>/dev/null || {
        if [ -e "$final" ] || [ -h "$final" ]; then fail "something else took its place meanwhile: $final"; fi
        mv -- "$work/$1" "$final" || fail "cannot be moved to its name: $final"
    }
    clean
    work=
}

"""


def script(plan: Plan, ffmpeg: Path, mounts: Mapping[str, Path]) -> str:
    """Return the plan as a POSIX script; `ffmpeg` and `mounts` are the defaults of the variables at its top."""
    head = _HEAD.format(
        digest=digest(plan),
        toolchain=", ".join(plan.header.toolchain),
        recipes=", ".join(map(str, plan.header.recipes)),
        count=len(plan.outputs),
    )
    outputs = [plan.outputs[number] for task in plan.tasks for number in task.outputs]
    return "".join((head, *_variables(plan, ffmpeg, mounts), _FUNCTIONS, *map(_step, outputs), _TAIL))


_TAIL = """\
[ "$left_alone" -eq 0 ] || exit 3
"""


def _variables(plan: Plan, ffmpeg: Path, mounts: Mapping[str, Path]) -> Iterator[str]:
    yield "# Where things are on this machine; each may be set from outside.\n"
    yield f"FFMPEG=${{FFMPEG:-{_default(str(ffmpeg))}}}\nTHREADS=${{THREADS:-0}}\n"
    for root in _roots(plan):
        folder = mounts.get(root)
        if folder is None:
            yield f': "${{{_variable(root)}:?say where the root {root} is mounted}}"\n'
        else:
            yield f"{_variable(root)}=${{{_variable(root)}:-{_default(str(folder))}}}\n"
    # Asked for a report, FFmpeg would write one wherever the script was started.
    yield f"export {' '.join(f'{name}={value}' for name, value in ENVIRONMENT.items())}\nunset FFREPORT\n\n"


def _default(text: str) -> str:
    """Quote the default of a ${NAME:-…} outside double quotes."""
    return shlex.quote(text)


def _roots(plan: Plan) -> list[str]:
    places = (place for each in plan.outputs for place in (each.location, each.source.location))
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


def _rows(words: list[str]) -> str:
    rows: list[list[str]] = [[]]
    for word in words:
        if word in _BEGIN:
            rows.append([])
        rows[-1].append(word)
    return " \\\n        ".join(" ".join(row) for row in rows)


def _step(output: Output) -> str:
    words = _rows([_word(argument) for argument in compose([output])])
    named = harmless(f"{output.source.location} -> {output.location}")
    notes = "".join(f"# not kept: {harmless(loss)}\n" for loss in output.losses)
    return (
        f"# {named}\n{notes}"
        f"if begin {_path(parse_location(output.directory))} {shlex.quote(output.name)}; then\n"
        f'    "$FFMPEG" -progress "file:$work/progress" -nostats \\\n        {words} 2>"$work/log" ||\n'
        f'        {{ cat "$work/log" >&2; fail "FFmpeg failed: $final"; }}\n'
        f"    finish {output.work_name} {output.expects.frames} {output.expects.frames_off}\nfi\n\n"
    )
