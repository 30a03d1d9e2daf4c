"""One job of one setting: what it costs, and how like its picture is to the one that the encoder was given."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from runner.media.toolchain import bundled
from runner.plan.picture import SCALER
from tests.benchmarks.harness import measured
from tools.frontier.candidates import Candidate

_FFMPEG = str(bundled())
_QUIET = (_FFMPEG, "-hide_banner", "-nostdin", "-y", "-v", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """CPU seconds of the whole job, bytes of the file; SSIM of all planes, PSNR in dB, VMAF where it was measured."""

    cpu: float
    size: int
    ssim: float
    psnr: float
    vmaf: float | None = None


def _filters(candidate: Candidate) -> str:
    """Return what a job of ours does to a picture that keeps its size, up to the encoder."""
    return f"scale=iw:ih:{SCALER},setsar=1,format={candidate.recipe.pixel_format}"


def has_vmaf() -> bool:
    """Return whether the build has libvmaf."""
    return " libvmaf " in subprocess.run([_FFMPEG, "-v", "error", "-filters"], capture_output=True, text=True).stdout


def encode(candidate: Candidate, source: Path, file: Path, frames: int, threads: int = 1) -> float:
    """Encode the first frames of a clip, decoding included, and return the CPU seconds."""
    reading = (*_QUIET, "-threads", str(threads), "-filter_threads", "1", "-i", f"file:{source}", "-map", "0:V:0")
    own = () if candidate.recipe.threads == "own" else ("-threads:v", _threads(candidate, threads))
    writing = ("-frames:v", str(frames), "-c:v", candidate.recipe.encoder, *candidate.recipe.options, *own)
    command = (*reading, "-vf", _filters(candidate), *writing, "-fps_mode", "passthrough", f"file:{file}")
    return measured(command, env={"SVT_LOG": "1"}).cpu


def _threads(candidate: Candidate, threads: int) -> str:
    return str(threads if candidate.recipe.threads == "any" else candidate.recipe.threads)


def likeness(candidate: Candidate, source: Path, file: Path, frames: int, vmaf: bool) -> tuple[float, float, float]:
    """Return SSIM, PSNR and VMAF (0 where it is not asked for) of a file against what its encoder was given."""
    metrics = ("ssim", "psnr", *(["libvmaf=n_threads=2"] if vmaf else []))
    count, pixels = len(metrics), candidate.recipe.pixel_format
    given = f"[1:V:0]{_filters(candidate)},trim=end_frame={frames},split={count}{_pads('r', count)}"
    made = f"[0:V:0]setsar=1,format={pixels},split={count}{_pads('m', count)}"
    compared = ";".join(f"[m{number}][r{number}]{metric}" for number, metric in enumerate(metrics))
    graph = f"{made};{given};{compared}"
    command = (_FFMPEG, "-hide_banner", "-nostdin", "-i", f"file:{file}", "-i", f"file:{source}", "-lavfi", graph)
    done = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, check=True).stderr
    scores = (_score(done, r"SSIM .*All:([\d.]+)"), _score(done, r"PSNR .*average:([\d.]+|inf)"))
    return (*scores, _score(done, r"VMAF score: ([\d.]+)") if vmaf else 0.0)


def _pads(letter: str, count: int) -> str:
    return "".join(f"[{letter}{number}]" for number in range(count))


def _score(text: str, pattern: str) -> float:
    found = re.search(pattern, text)
    if not found:
        raise RuntimeError(f"FFmpeg told no {pattern}: {text[-2000:]}")
    return float(found[1])


def one(candidate: Candidate, source: Path, folder: Path, frames: int, vmaf: bool) -> Found:
    """Measure one setting on one clip; the file does not stay."""
    file = (
        folder / f"{candidate.codec}-{re.sub(r'[^a-z0-9]+', '-', candidate.name)}-{source.stem}.{candidate.container}"
    )
    cpu = encode(candidate, source, file, frames)
    ssim, psnr, score = likeness(candidate, source, file, frames, vmaf)
    size = file.stat().st_size
    file.unlink()
    return Found(cpu=cpu, size=size, ssim=ssim, psnr=psnr, vmaf=score if vmaf else None)
