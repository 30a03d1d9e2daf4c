"""What happens to the rate: every frame kept, resampled, or re-timed; how many frames that gives, how exactly."""

from fractions import Fraction
from typing import Literal

from runner.media.facts import Facts, Picture
from runner.plan.model import PictureIntent
from runner.spec.model import JobSpec
from runner.spec.rates import rate_label, rate_text

Timing = Literal["every-frame", "resampled", "retimed"]
# FFmpeg reads a Matroska's nanoseconds a frame as a fraction of numbers up to this: 59.94 becomes 19001/317, which MXF
# refuses and every other file would keep (libavformat/matroskadec.c; 5.1.9 and 9.0.2, measured).
_LARGEST_READ = 30000
# Frames that the count of a variable-rate source made constant may be off by: where the last frame ends is a guess.
_VARIABLE_OFF = 2


def timing(picture: Picture, spec: JobSpec) -> Timing:
    """Return what happens to the rate. A variable rate has to become constant, by resampling."""
    if not picture.constant:
        return "resampled"
    if spec.rate is None or spec.rate == picture.rate:
        return "every-frame"
    return "retimed" if spec.conform else "resampled"


def expected_frames(facts: Facts, intent: PictureIntent) -> tuple[int, int]:
    """Return how many frames the output has, and by how many that may be off.

    Resampling begins where the file begins: a picture that comes in after the sound gets its first frame held,
    and the last one is held as long as it stays.
    """
    picture = facts.picture
    if intent.timing != "resampled":
        return picture.frames, 0
    late = max(facts.offset or Fraction(0), Fraction(0))
    return round((facts.seconds + late) * intent.rate), 1 if picture.constant else _VARIABLE_OFF


def shown(facts: Facts, intent: PictureIntent, length: Fraction) -> Fraction:
    """Return for how many seconds the output may be shown: a frame that is kept stays as long as it did.

    `length` is that of its frames at its rate.
    """
    stays = facts.picture.seconds if intent.timing == "every-frame" else None
    return length if stays is None else max(length, stays)


def speed(picture: Picture, intent: PictureIntent) -> Fraction:
    """Return how many times faster the output runs than the source: 1 but where it is re-timed."""
    return intent.rate / picture.rate if intent.timing == "retimed" else Fraction(1)


def filters(picture: Picture, intent: PictureIntent, *, late: bool = False) -> list[str]:
    """Return the filters for the rate. `fps` duplicates and drops, and after exact times only says the rate.

    A picture that comes in after the sound (`late`) does so when re-timed, as many frames later.
    -r would do that too, but ends where frames are passed through, and as 23.976 is another rate.
    """
    if intent.timing == "every-frame":
        return []
    if intent.timing == "retimed":
        begin = f"+round(STARTT*{rate_text(picture.rate)})" if late else ""
        return [f"settb={1 / intent.rate}", f"setpts=N{begin}", f"fps={rate_text(intent.rate)}"]
    return [f"fps={rate_text(intent.rate)}:start_time=0"]


def exactly(facts: Facts, intent: PictureIntent) -> tuple[str, ...]:
    """Return the filters that give each kept frame its own exact time where FFmpeg misreads the source's rate.

    Counted from the picture's begin, so that one that comes in after the sound still does.
    """
    misread = "matroska" in facts.format and intent.rate.numerator > _LARGEST_READ
    if intent.timing != "every-frame" or not misread:
        return ()
    return (f"settb={1 / intent.rate}", "setpts=N+round(STARTT/TB)", f"fps={rate_text(intent.rate)}")


def losses(picture: Picture, intent: PictureIntent) -> list[str]:
    """Return what becomes of the source's rate, in words."""
    was, becomes = rate_label(picture.rate), rate_label(intent.rate)
    if not picture.constant:
        return [f"variable frame rate becomes constant {becomes}"]
    if intent.timing == "retimed":
        percent = float(intent.rate / picture.rate * 100)
        return [f"conformed from {was} to {becomes} frames a second: every frame kept, runs at {percent:.2f} % speed"]
    return [f"frame rate {was} becomes {becomes}"] if intent.timing == "resampled" else []
