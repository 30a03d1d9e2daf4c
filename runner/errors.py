"""Problems, the one root exception, stable codes with their texts, and exit codes."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

from runner.text import harmless, quoted


class Exit(IntEnum):
    """Exit codes of the command. BSD's sysexits where they have the meaning, small numbers for our own."""

    OK = 0
    INVALID = 1
    CHANGES = 2
    STALE = 3
    FAILED = 4
    USAGE = 64
    BUG = 70
    TRY_AGAIN = 75
    INTERRUPTED = 130


_WORST_FIRST = (
    Exit.BUG,
    Exit.INTERRUPTED,
    Exit.USAGE,
    Exit.INVALID,
    Exit.FAILED,
    Exit.STALE,
    Exit.TRY_AGAIN,
    Exit.CHANGES,
    Exit.OK,
)


def worst(codes: Iterable[Exit]) -> Exit:
    """Return the code that a run with all these outcomes exits with."""
    return min(codes, key=_WORST_FIRST.index, default=Exit.OK)


@dataclass(frozen=True, slots=True)
class Row:
    """The text of one code. `{found}` and the names in a problem's values are filled in; OK means a note."""

    text: str
    exit: Exit = Exit.INVALID


CODES: dict[str, Row] = {
    # reading a file
    "JS001": Row("cannot be read: {reason}"),
    "JS002": Row("is not UTF-8: byte {byte} at offset {offset}; save it as UTF-8"),
    "JS003": Row("not YAML: {reason}"),
    "JS004": Row("the key {found} stands here a second time; the first is in line {first}"),
    "JS005": Row("{construct} not allowed in a JobSpec; write the value out"),
    "JS006": Row("{what} is more than the {limit} that a spec may have"),
    "JS007": Row("a JobSpec is a mapping of fields, this is {kind}"),
    "JS008": Row("{found} is not there; name a spec, or a folder that holds *.yaml", Exit.USAGE),
    "JS009": Row("holds no spec; a spec ends in .yaml or .yml and is no base in a folder named profiles"),
    # shape
    "JS010": Row("{found} is not a field of {of}"),
    "JS011": Row("is missing; {help}"),
    "JS012": Row("wants {wanted}, found {kind}"),
    "JS013": Row("{found} is not a version this tool reads"),
    "JS014": Row("may not be set in a spec; the tool fills it"),
    "JS015": Row("is empty; {help}"),
    "JS017": Row("{found} is out of range; {limit}"),
    "JS016": Row("{count} more problems are not shown; mend the ones above and check again"),
    # single values
    "JS020": Row("{found} is not a codec"),
    "JS021": Row("{found} is not a resolution"),
    "JS022": Row("{found} is not a container"),
    "JS023": Row("{found} is not a frame-rate mode"),
    "JS024": Row('{found} is not a frame rate; write a fraction ("24000/1001") or a number above 0, up to 1000'),
    "JS025": Row('{found} is not a time; write "2026-11-23T08:00:00Z", with seconds and zone'),
    "JS026": Row("{found} is not a job id; use 1 to 128 of A-Z a-z 0-9 . _ - and begin with a letter or a digit"),
    "JS027": Row("{found} is not a place: {reason}"),
    "JS028": Row("{found} is not a token name; use a to z, 0 to 9 and _, begin with a letter"),
    "JS029": Row("{found} is not one of the words that may stand here"),
    # values against each other
    "JS030": Row("{codec} cannot go into {container}: {reason}"),
    "JS031": Row('is missing; fps_mode "explicit" needs a rate such as "24000/1001"'),
    "JS032": Row('is set, but fps_mode is "{mode}"; drop it, or set fps_mode to explicit'),
    "JS033": Row("the job id {found} is also that of {other}; set job_id in one of them"),
    "JS034": Row("{found} is listed a second time; the first is sources[{first}]"),
    "JS035": Row("a mapping in sources has exactly one of path, glob, from; this has {given}"),
    "JS036": Row("{found} is not there; the sources of another spec are named by its path, relative to this one"),
    "JS037": Row("{found} comes back to itself ({chain}); break the circle"),
    "JS038": Row("{found} cannot be built on: {reason}"),
    "JS039": Row("{found} belongs to {kind}; this entry has none"),
    "JS150": Row("the LUT {found} cannot be used: {reason}"),
    "JS152": Row("shows a text and says none; add text"),
    "JS153": Row("stands beside show: {show}, which has its own; say show: text"),
    "JS154": Row("{found} is taken by {other} already; still free are {free}"),
    "JS160": Row("{codec} is a profile and its quality {own}, not {found}; {remedy}"),
    "JS161": Row("would stamp every source alike; say it for each: {{path: …, timecode: …}}"),
    "JS162": Row('{found} is not a timecode; write "01:00:00:00", ";" before the frames for drop-frame, or none'),
    "JS163": Row("needs fps_mode explicit and the rate to conform to in fps_explicit"),
    "JS165": Row("needs a box such as 1280x720 in resolution; {resolution} is none"),
    "JS166": Row("an image sequence has no frame rate of its own; say it: {{sequence: …, rate: 24}}"),
    "JS168": Row(
        "{source} is EXR, which does not say how its light is to be read; state it: {{sequence: …, transfer: linear}}"
    ),
    "JS140": Row("{found} cannot be the sound of {container}: {reason}"),
    "JS141": Row("{found} Hz is no sample rate of {codec} in {container}"),
    # names
    "JS040": Row("not a naming template: {reason}"),
    "JS041": Row("{construct} is not part of the naming language; it has {{{{ token }}}}, {{% if %}} and filters"),
    "JS042": Row("{found} is not a token"),
    "JS043": Row("the token {found} has no value for {source}; give one: {{{{ {name} | default('x') }}}}"),
    "JS044": Row("{found} is not a legal output name: {reason} ({tokens})"),
    "JS045": Row("{source} gets the output name {found}, which is also that of {other}"),
    "JS046": Row("the template {found} is not in templates/"),
    "JS047": Row("{found} ends in .{extension}, but the container is {container} ({tokens})"),
    "JS048": Row("{found} needs created_at, the only clock a name may read; set it in the spec"),
    "JS049": Row("not judged here, needs the facts of the sources: {what}", Exit.OK),
    "JS055": Row("{found} would be written over the source {other}; choose another name or output_directory"),
    "JS056": Row("the output {found} of {job} is matched by this glob, and would become a source; narrow the glob"),
    "JS057": Row("the roots {found} and {other} are one folder on this machine; mount them apart"),
    # roots
    "JS050": Row("the root {found} is not declared; add it to [roots] in jobspec.toml"),
    "JS051": Row(
        "the root {found} is not mounted here; set {variable}=FOLDER or pass --root {name}=FOLDER", Exit.TRY_AGAIN
    ),
    "JS058": Row(
        "the root {found} is mounted at a folder that is not there ({folder}); mount it, or make the folder",
        Exit.TRY_AGAIN,
    ),
    "JS052": Row("{reason}"),
    "JS053": Row("{found} leaves its root"),
    "JS054": Row("the root {found} is read_only and cannot hold outputs"),
    # sources
    "JS060": Row("{found} does not exist"),
    "JS061": Row("{found} is {kind}, not a regular file"),
    "JS062": Row("{found} cannot be read: {reason}"),
    "JS063": Row("{found} is not a media file that can be read: {reason}"),
    "JS064": Row("{found} has no picture; a job needs one"),
    "JS065": Row("{found} is empty (0 bytes)"),
    "JS066": Row("{found} is {kind}, which FFmpeg cannot decode; make a proxy with the maker's tool ({tool})"),
    "JS067": Row("{found} lacks {what}; it may be cut off or still being copied"),
    # planning
    "JS070": Row("{source}: {codec} has no format of {size} at {rate}; {remedy}"),
    "JS071": Row("{source}: {size} is too small for {codec}, which needs {minimum}; {remedy}"),
    "JS072": Row("{source}: {found} channels in one track cannot go into {codec}; {remedy}"),
    "JS169": Row(
        "{source}: {codec} in {container} cannot say pixels of {shape}; mov and mkv can, and `fit: pad` with a box"
        " makes them square"
    ),
    "JS073": Row("{source}: the timecode {found} does not exist at {rate} frames a second; {remedy}"),
    "JS074": Row("{source}: {loss}", Exit.OK),
    "JS075": Row("{source}: {rate} frames a second cannot go into {container}; {remedy}"),
    "JS076": Row(
        "{source} is HDR ({transfer}), which bands in the 8 bits of {codec}; "
        "say color: tonemap, or choose one of {remedy}"
    ),
    "JS200": Row(
        "{source}: the colour matrix {found} cannot be converted, as {codec} or a LUT asks; choose a codec that keeps"
        " it, such as prores_proxy, and no lut"
    ),
    "JS077": Row("{source}: the picture begins {offset} the sound, which {container} cannot say; mov and mkv keep it"),
    "JS155": Row("{source} has no timecode to burn in; say one (timecode: 01:00:00:00), or drop it from overlay"),
    "JS142": Row("{source}: audio track {track} has {found} channels, {layout}, which {codec} {reason}; {remedy}"),
    "JS143": Row("{source}: audio track {track} has {found} channels, {layout}; {reason}; {remedy}"),
    "JS144": Row("{source}: sound cannot be re-timed to {found} times its speed: {reason}; say audio: none"),
    # toolchain
    "JS080": Row("no FFmpeg found: {reason}", Exit.TRY_AGAIN),
    "JS081": Row(
        'the plan is made for FFmpeg {declared}, "{program}" is {real}; '
        'pass --ffmpeg with a {declared}, or declare ffmpeg = "{real}" under [toolchain] in jobspec.toml',
        Exit.STALE,
    ),
    "JS082": Row(
        '"{program}" lacks the {kind} {name}, which the plan needs; pass another one with --ffmpeg', Exit.STALE
    ),
    "JS083": Row("{found} is not a release line of FFmpeg that plans can be made for"),
    "JS084": Row("{found} is not a number of recipes that this version has"),
    # running
    "JS090": Row("FFmpeg failed with exit code {status}: {reason}; log: {log}; nothing was published", Exit.FAILED),
    "JS091": Row("FFmpeg complained, so the output is not trusted: {reason}; log: {log}", Exit.FAILED),
    "JS092": Row("the encoded file is not what was planned: {reason}; nothing was published; log: {log}", Exit.FAILED),
    "JS093": Row("stands there and is not ours; it is left alone. Move it away, or change the name", Exit.FAILED),
    "JS094": Row(
        "the source {found} changed: {reason}; nothing was published. Once it is whole, run `jobspec lock`, then again",
        Exit.FAILED,
    ),
    "JS095": Row(
        "{reason}; nothing was published. See to its rights and its room, or choose another output_directory; then run"
        " again",
        Exit.FAILED,
    ),
    "JS096": Row("the ledger is damaged: {reason}; restore it from a backup, or take that line out", Exit.STALE),
    "JS097": Row("is {state}, for its {moved} moved; it is kept. Make it again with --replace", Exit.STALE),
    "JS098": Row("interrupted; what was finished is kept, run again for the rest", Exit.INTERRUPTED),
    "JS156": Row("{found} is not what it was when the plan was made; nothing was published", Exit.FAILED),
    "JS157": Row("the font of {found} is not here; install it: pip install {found}", Exit.TRY_AGAIN),
    "JS099": Row("is being made by {holder}; it is left to that one{advice}", Exit.TRY_AGAIN),
    # what ends a task
    "JS170": Row(
        "FFmpeg cannot be started: {reason}; nothing was touched. Pass another one with --ffmpeg; log: {log}",
        Exit.FAILED,
    ),
    "JS171": Row(
        "FFmpeg was ended by {signal}{reason}; nothing was published; log: {log}. Run again; if it crashes at the same"
        " place each time, it is this source with this build",
        Exit.FAILED,
    ),
    "JS172": Row(
        "FFmpeg made no progress for {seconds} s and was ended; nothing was published; log: {log}. See whether the"
        " mounts answer; --stall-timeout allows more",
        Exit.FAILED,
    ),
    "JS173": Row(
        "FFmpeg took more than {seconds} s and was ended; nothing was published; log: {log}. --timeout allows more",
        Exit.FAILED,
    ),
    "JS174": Row(
        "the disk is full: {reason}; nothing was published; log: {log}. Free some space, then run again", Exit.FAILED
    ),
    "JS175": Row(
        "needs about {wanted}, {free} are free in {folder}; nothing was begun. Free some space or choose another"
        " output_directory, then run again",
        Exit.FAILED,
    ),
    "JS176": Row(
        "FFmpeg had not enough memory, or threads: {reason}; nothing was published; log: {log}. --memory allows more,"
        " fewer --workers leave more for each",
        Exit.FAILED,
    ),
    "JS177": Row(
        "the source {found} is damaged, or is not what its name says: {reason}; nothing was published, the source is"
        " untouched; log: {log}. Copy it anew from its card, or let it through by name (tolerate)",
        Exit.FAILED,
    ),
    "JS178": Row(
        "FFmpeg talked without end and was ended: {reason}; nothing was published; log (its start): {log}", Exit.FAILED
    ),
    "JS179": Row(
        "a mount does not answer: {reason}; nothing was published; log: {log}. Mount it again, then run again",
        Exit.FAILED,
    ),
    "JS180": Row("another runner ({writer}) made it first; that file stands, nothing of ours was kept", Exit.OK),
    "JS181": Row(
        "another runner ({writer}) put a file of another plan there meanwhile; that one is kept, ours was thrown away",
        Exit.STALE,
    ),
    "JS182": Row(
        "a runner that was killed left {found}, and in it a file that is in no record; move it to where it belongs",
        Exit.STALE,
    ),
    "JS183": Row("the plan has {count} tasks, from 0 on; there is no task {found}", Exit.USAGE),
    "JS184": Row("{found} is not a size; write bytes, or a number with K, M or G", Exit.USAGE),
    "JS101": Row("{found} names no commit of this clone; fetch it, or check the spelling", Exit.USAGE),
    "JS102": Row("{found} and {head} have no common ancestor here; {remedy}", Exit.USAGE),
    "JS104": Row(
        "{what} is not in this clone, as in a partial one; get all with `git fetch --refetch --no-filter`", Exit.USAGE
    ),
    "JS105": Row("{found} is there and is no text, so it is no older answer of ours; choose another name", Exit.USAGE),
    "JS106": Row("{found}: {reason}", Exit.TRY_AGAIN),
    # locks and saved plans
    "JS110": Row("the lock cannot be read here: {reason}; make it anew with `jobspec lock {spec}`"),
    "JS111": Row("the lock has format {found}, which this tool does not read; make it anew with `jobspec lock {spec}`"),
    "JS112": Row("a second header, as a merge leaves one; run `jobspec lock --update {spec}`"),
    "JS113": Row(
        "{found} is locked a second time, the first is line {first}, as a merge leaves it; run `jobspec lock {spec}`"
    ),
    "JS114": Row("{found} has the index {index} of {other}, as a merge leaves it; run `jobspec lock {spec}`"),
    "JS115": Row("{found} is not in the lock; run `jobspec lock {spec}`", Exit.STALE),
    "JS116": Row("a glob works only through a lock; run `jobspec lock {spec}`", Exit.STALE),
    "JS117": Row("{found} matches no file"),
    "JS118": Row("{found} is skipped, it is unusable: {reason}", Exit.OK),
    "JS120": Row("{found} is matched by a glob but not in the lock; run `jobspec lock {spec}`", Exit.STALE),
    "JS121": Row("the plan is not what its own inputs give: {reason}; make it anew with `jobspec plan`"),
    "JS122": Row("the plan was made from other inputs: {reason}; make it anew with `jobspec plan -o`", Exit.STALE),
    "JS126": Row("has no lock, and --locked forbids to probe; run `jobspec lock {spec}`", Exit.STALE),
    "JS125": Row("{found} is unusable: {reason}; take it out, or say on_unusable: skip"),
    "JS124": Row("no lock; the sources were probed", Exit.OK),
    # image sequences, single pictures, parts of recordings
    "JS130": Row("{found} is not the pattern of an image sequence: {reason}"),
    "JS131": Row("the sequence {found} ({span}) lacks {count} of its frames: {missing}; copy what is missing"),
    "JS132": Row("{found} matches no file in its folder"),
    "JS133": Row("the frame {frame} of {found} is {what}, but the first one is {first}"),
    "JS134": Row("{found} is no kind of picture that sequences are read from; legal: {kinds}"),
    "JS135": Row("{found} is a single picture ({kind}); an image sequence is named by its pattern, such as {pattern}"),
    "JS136": Row("{found} is not one recording in one file: {reason}; export it from the application that made it"),
    # several outputs of one source
    "JS220": Row("it was made alone, since together with {others} it failed first: {reason}", Exit.OK),
    # operating
    "JS190": Row(
        "{found} has neither renameat2 nor links: names are given by a checked rename, which leaves a moment in which"
        " another program could take the name; let one host alone work there",
        Exit.OK,
    ),
    "JS191": Row("the root {found} cannot be read here ({folder}: {reason})", Exit.FAILED),
    "JS192": Row("a run would fail on this: {reason}", Exit.FAILED),
    "JS193": Row(
        "about {wanted} are to be made, and {free} are free on the disk of {found};"
        " free some space or choose another output_directory",
        Exit.FAILED,
    ),
    "JS195": Row(
        "is not what was published here: {reason}; restore it from a backup, or move it away and run again", Exit.FAILED
    ),
    "JS196": Row("was published here and is gone; restore it, or run again", Exit.FAILED),
    "JS197": Row("is the file that was published, and does not pass the gate: {reason}", Exit.FAILED),
    "JS199": Row("could not be decoded here: {reason}; verify it again", Exit.TRY_AGAIN),
    "JS198": Row("is not adopted: {reason}; it is left as it is", Exit.FAILED),
    # what a stranger could send
    "JS210": Row("folders lie more than {limit} deep in each other; specs lie flatter"),
    "JS211": Row("{patterns} patterns for {sources} locked sources are too many to match; name fewer globs"),
    "JS212": Row(
        "commit {commit} has more files, or longer names, than can be read here (more than {limit} bytes of them)",
        Exit.USAGE,
    ),
    "JS213": Row("{found} is outside of what --confined allows: {reason}"),
    # recipes
    "JS230": Row(
        "the picture takes {found} Mb/s, where the maker of its codec publishes {published}: the file is good, and"
        " heavier than its profile. Its recipe keeps a quality, not a rate; a lock of recipes 1 keeps the rate",
        Exit.OK,
    ),
    # running on a cluster
    "JS240": Row("--engine dask needs Dask, which is not installed: pip install 'jobspec-runner[dask]'", Exit.USAGE),
    "JS241": Row(
        "{found} is not encrypted, and whoever reaches a Dask scheduler runs code on its workers; use tls://, or say"
        " --insecure where nobody else is on the network",
        Exit.USAGE,
    ),
    "JS242": Row("the scheduler {found} cannot be reached: {reason}", Exit.TRY_AGAIN),
    "JS243": Row("{found} is no address of a scheduler; write tls://HOST:PORT, or tcp://HOST:PORT", Exit.USAGE),
    "JS244": Row(
        'no worker of {found} has a slot; start workers as docs/cluster.md says, with --resources "encode=1"',
        Exit.TRY_AGAIN,
    ),
    "JS245": Row("worker {found} is not like this machine: {reason}; nothing was begun", Exit.STALE),
    "JS246": Row("worker {found} cannot work here: {reason}; nothing was begun", Exit.TRY_AGAIN),
    "JS247": Row("the scheduler {found} is gone; run again, and what stands is not made again", Exit.TRY_AGAIN),
    "JS248": Row("workers that had it were lost, again and again ({reason})", Exit.FAILED),
    "JS249": Row("worker {worker} did not say how it ended: {reason}", Exit.FAILED),
    "JS250": Row("the plan is not the one that was ordered: its lines hash to {real}, not to {found}", Exit.STALE),
    "JS251": Row("the plan {found} cannot be read here: {reason}", Exit.TRY_AGAIN),
    "JS252": Row("{program} is FFmpeg {found}, and FFmpeg {wanted} was ordered", Exit.STALE),
    "JS253": Row("every worker that could work is gone; run again, and what stands is not made again", Exit.TRY_AGAIN),
    "JS254": Row("worker {found} joined, is not fit and gets no task: {reason}", Exit.OK),
    "JS255": Row("--engine dask needs the address of its scheduler: --scheduler tls://HOST:PORT", Exit.USAGE),
    # the command's own arguments
    "JS100": Row("{reason}", Exit.USAGE),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: file below the repository's top, line and column from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


FieldPath = tuple[str | int, ...]
# Legal values may be a stranger's: roots, tokens, names of files. More of them, or longer ones, help nobody, and to
# look for the nearest takes time that grows with the square of their length.
MOST_LEGAL, _LONGEST_LIKENED = 256, 128
# Problems of one kind of judgement that are shown; the rest are counted.
MOST_PROBLEMS = 100


@lru_cache(maxsize=1024)
def _nearest(found: str, legal: tuple[str, ...]) -> str | None:
    from difflib import get_close_matches

    if len(found) > _LONGEST_LIKENED:
        return None
    close = get_close_matches(found, [each for each in legal if len(each) <= _LONGEST_LIKENED], n=1, cutoff=0.6)
    return close[0] if close else None


def spoken(path: FieldPath) -> str:
    """Return the field path as an author writes it: ("sources", 3, "path") is sources[3].path."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong or worth knowing, for a person."""

    code: str
    path: FieldPath = ()
    found: str | None = None
    legal: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    place: Place | None = None

    @property
    def exit(self) -> Exit:
        """What this problem alone makes the command exit with; OK for a note."""
        return CODES[self.code].exit

    @property
    def nearest(self) -> str | None:
        """The legal value that `found` most resembles, if any does."""
        return _nearest((self.found or "").lower(), self.legal[:MOST_LEGAL])

    @property
    def message(self) -> str:
        """The sentence of this problem, harmless to print."""
        values = {name: harmless(value) for name, value in self.values}
        text = CODES[self.code].text.format(found=quoted(self.found or ""), **values)
        return text + self._way_out()

    def _way_out(self) -> str:
        if self.found is not None and self.nearest:
            return f"; did you mean {quoted(self.nearest)}?"
        rest = len(self.legal) - MOST_LEGAL
        more = f" and {rest} more" if rest > 0 else ""
        return f"; legal: {', '.join(map(harmless, self.legal[:MOST_LEGAL]))}{more}" if self.legal else ""

    def within(self, path: FieldPath) -> "Problem":
        """Return the same problem, its path below `path`."""
        return replace(self, path=(*path, *self.path))

    def at(self, place: Place | None) -> "Problem":
        """Return the same problem at `place`, unless it has one already."""
        return self if self.place or not place else replace(self, place=place)

    def __str__(self) -> str:
        where = f"{harmless(str(self.place))}: " if self.place else ""
        path = f" {harmless(spoken(self.path))}" if self.path else ""
        return f"{where}{self.code}{path}: {self.message}"


def problem(
    code: str,
    path: FieldPath = (),
    *,
    found: str | None = None,
    legal: Iterable[str] = (),
    place: Place | None = None,
    **values: object,
) -> Problem:
    """Return a Problem; `values` fill the text of its row."""
    told = tuple((name, str(value)) for name, value in values.items())
    return Problem(code=code, path=path, found=found, legal=tuple(legal), values=told, place=place)


def errors(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return those problems that are no mere notes."""
    return tuple(each for each in problems if each.exit is not Exit.OK)


class JobspecError(Exception):
    """Root of every exception this package raises on purpose; carries all problems, not the first."""

    def __init__(self, problems: Iterable[Problem] | Problem) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def exit(self) -> Exit:
        """What the command exits with."""
        return worst(each.exit for each in self.problems)


class JobSpecValidationError(JobspecError, ValueError):
    """A JobSpec is invalid; `problems` holds every reason."""
