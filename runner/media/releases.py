"""FFmpeg release lines, and what differs between them."""

from dataclasses import dataclass

from runner.errors import JobspecError, problem

# The line that plans are made for when neither lock nor jobspec.toml declares one: that of the bundled build.
DECLARED = "9.0"


@dataclass(frozen=True, slots=True)
class Release:
    """What the arguments for one release line need beyond those of the others."""

    line: str
    reading: tuple[str, ...] = ()
    refuses: tuple[tuple[str, str], ...] = ()
    why: str = ""


# Measured with 5.1.9, 7.0.2 and 9.0.2 (shared/FFMPEG.md); a line that nobody measured has no row.
RELEASES = {
    release.line: release
    for release in (
        Release("5.1", refuses=(("prores", "mxf"),), why="its mxf muxer has no ProRes"),
        Release("7.0"),
        Release(
            "9.0",
            reading=("-apply_cropping", "codec"),
            why="crops a mov to its clean aperture unless told so (XDCAM 1920→1888); older lines do not know the value",
        ),
    )
}


def release(line: str) -> Release:
    """Return the row of a release line. Raises JobspecError for one that has none."""
    if line not in RELEASES:
        raise JobspecError(problem("JS083", ("toolchain", "ffmpeg"), found=line, legal=RELEASES))
    return RELEASES[line]
