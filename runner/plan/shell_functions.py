"""The functions that a plan.sh defines: constant text, of which a script holds only what it calls."""

from runner.plan.arguments import Auxiliary, FontFile, LutFile, TextFile

# The start of a script, and of one whose tasks have several outputs; `works` are the work folders of such a task.
ALONE = """\
left_alone=0
here='' work='' finals=''
clean() {
    [ -z "$work" ] || rm -rf -- "$work"
    here='' work='' finals=''
}
"""
SHARED = """\
left_alone=0
only='' here='' work='' finals='' {unset}
clean() {{
    for each in "$work" {works}; do [ -z "$each" ] || rm -rf -- "$each"; done
    here='' work='' finals='' {unset}
}}
"""
ALWAYS = """\
guard() {
    trap clean EXIT
    trap 'exit 130' HUP INT TERM
}
guard

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
    here=${here:-$work} finals=${finals:+$finals, }$final
    printf 'encoding %s\\n' "$final"
}

# encode ARGUMENTS...: run FFmpeg where its tables, fonts and texts lie; what it says goes to a log there
encode() {
    (cd -- "$here" && exec "$FFMPEG" "$@") 2>"$here/log" || {
        cat "$here/log" >&2
        fail "FFmpeg failed: $finals"
    }
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
        printf '%s\\n' "$line" || fail "cannot go through what FFmpeg said: $finals"
    done <"$here/log" >"$here/left" || fail "cannot go through what FFmpeg said: $finals"
    mv -- "$here/left" "$here/log" || fail "cannot go through what FFmpeg said: $finals"
}

# check FILE FRAMES OFF: what FFmpeg does not tell by its exit code; frames are counted in the file that came out
check() {
    [ ! -s "$here/log" ] || { cat "$here/log" >&2; fail "FFmpeg complained, so the output is not trusted: $final"; }
    made=$("$FFMPEG" -hide_banner -nostdin -v error -i "file:$work/$1" -map 0:V:0 -c copy -f null \\
        -progress pipe:1 -nostats - | sed -n 's/^frame= *//p' | tail -n 1)
    off=$((${made:-0} - $2))
    [ "${off#-}" -le "$3" ] || fail "${made:-0} frames instead of $2: $final"
}

# publish FILE: the one step to the final name
publish() {
    ln -- "$work/$1" "$final" 2>/dev/null || {
        if [ -e "$final" ] || [ -h "$final" ]; then fail "something else took its place meanwhile: $final"; fi
        mv -- "$work/$1" "$final" || fail "cannot be moved to its name: $final"
    }
}

"""
# For tasks of several outputs. Tried together in a shell of their own, so that a failure there ends only that. What
# stands before || is exempt from `set -e`, and so is all that it calls: whatever can fail there has to say `|| fail`.
TOGETHER = """\
# due NUMBER: whether this output of a task is to be made now
due() { [ -z "$only" ] || [ "$only" -eq "$1" ]; }

# together TASK COUNT: make the outputs of a task by one FFmpeg; if that fails, each by an FFmpeg of its own
together() {
    status=0
    (guard && "$1" && exit $((left_alone * 3))) || status=$?
    case $status in
        0) return ;;
        3) left_alone=1 && return ;;
        130) exit 130 ;;
    esac
    printf 'now each of them alone\\n' >&2
    only=1
    while [ "$only" -le "$2" ]; do
        "$1"
        only=$((only + 1))
    done
    only=''
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
    cp -- "$2" "$here/$1" || fail "cannot be copied: $2"
}

"""
_LUT = """\
# lut NAME FILE SHA256 SIZE: the same with a table: the line that says its size and its numbers, nothing else of it
lut() {
    same "$2" "$3"
    { printf '%s\\n' "$4" && sed -n '/^[[:blank:]]*[-+.0-9]/p' "$2"; } >"$here/$1" || fail "cannot be copied: $2"
}

"""
_TEXT = """\
# text NAME TEXT: the same with a text
text() { printf '%s' "$2" >"$here/$1" || fail "cannot be written: $here/$1"; }

"""
# Only what a script calls stands in it.
WRITING: tuple[tuple[tuple[type[Auxiliary], ...], str], ...] = (
    ((FontFile, LutFile), _SAME),
    ((FontFile,), _FONT),
    ((LutFile,), _LUT),
    ((TextFile,), _TEXT),
)
