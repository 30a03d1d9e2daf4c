"""Plan → POSIX script: the same commands that `run` starts, for anyone to read and run with plain sh.

The only module that quotes.
"""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from runner.plan.arguments import ENVIRONMENT, Arg, Auxiliary, FontFile, Input, LutFile, TextFile, Threads, Written
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

# tolerate PATTERN...: drop from what FFmpeg said the lines that the spec lets through; every count must still hold
tolerate() {
    last=
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in *"Last message repeated "*) [ -z "$last" ] || continue ;; esac
        for pattern in "$@"; do
            # shellcheck disable=SC2254
            case $line in *$pattern*) last=tolerated && continue 2 ;; esac
        done
        last=
        printf '%s\\n' "$line"
    done <"$work/log" >"$work/left"
    mv -- "$work/left" "$work/log"
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


_SAME = """\
# same FILE SHA256: stop unless the file is what it was when the plan was made
same() {
    if command -v sha256sum >/dev/null; then found=$(sha256sum <"$1"); else found=$(shasum -a 256 <"$1"); fi
    [ "${found%% *}" = "$2" ] || fail "not what it was when the plan was made: $1"
}

"""
_FONT = """\
# font NAME FILE SHA256: put a font into the work folder, where filters read it by that name
font() {
    same "$2" "$3"
    cp -- "$2" "$work/$1" || fail "cannot be copied: $2"
}

"""
_LUT = """\
# lut NAME FILE SHA256 SIZE: the same with a table: the line that says its size and its numbers, nothing else of it
lut() {
    same "$2" "$3"
    { printf '%s\\n' "$4" && sed -n '/^[[:blank:]]*[-+.0-9]/p' "$2"; } >"$work/$1" || fail "cannot be copied: $2"
}

"""
_TEXT = """\
# text NAME TEXT: the same with a text
text() { printf '%s' "$2" >"$work/$1" || fail "cannot be written: $work/$1"; }

"""
# Only what a script calls stands in it.
_WRITING: tuple[tuple[tuple[type[Auxiliary], ...], str], ...] = (
    ((FontFile, LutFile), _SAME),
    ((FontFile,), _FONT),
    ((LutFile,), _LUT),
    ((TextFile,), _TEXT),
)


def _auxiliary(plan: Plan) -> list[Auxiliary]:
    return list(dict.fromkeys(each for output in plan.outputs for each in output.auxiliary))


def fonts_of(plan: Plan) -> list[FontFile]:
    """Return the fonts that a plan draws with: one, or none."""
    return [each for each in _auxiliary(plan) if isinstance(each, FontFile)]


def _writing(plan: Plan) -> str:
    kinds = {type(each) for each in _auxiliary(plan)}
    return "".join(function for needing, function in _WRITING if kinds.intersection(needing))


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
    outputs = [plan.outputs[number] for task in plan.tasks for number in task.outputs]
    parts = (*_variables(plan, ffmpeg, mounts, font), _FUNCTIONS, _writing(plan), *map(_step, outputs))
    return "".join((head, *parts, _TAIL))


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


def _rows(words: list[str]) -> str:
    rows: list[list[str]] = [[]]
    for word in words:
        if word in _BEGIN:
            rows.append([])
        rows[-1].append(word)
    return " \\\n        ".join(" ".join(row) for row in rows)


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


def _step(output: Output) -> str:
    words = _rows([_word(argument) for argument in compose([output])])
    named = harmless(f"{output.source.location} -> {output.location}")
    notes = "".join(f"# not kept: {harmless(loss)}\n" for loss in output.losses)
    return (
        f"# {named}\n{notes}"
        f"if begin {_path(parse_location(output.directory))} {shlex.quote(output.name)}; then\n"
        f"{''.join(map(_put, output.auxiliary))}"
        f'    (cd -- "$work" && exec "$FFMPEG" -progress "file:$work/progress" -nostats \\\n'
        f'        {words}) 2>"$work/log" ||\n'
        f'        {{ cat "$work/log" >&2; fail "FFmpeg failed: $final"; }}\n'
        f"{_tolerated(output)}"
        f"    finish {output.work_name} {output.expects.frames} {output.expects.frames_off}\nfi\n\n"
    )
