"""A plan for people: everything that will be made, what is lost on the way, and no name that is obeyed."""

import html
import re

import msgspec
import pytest

from runner.plan.document import digest
from runner.plan.model import Plan
from runner.report.planned import markdown, text
from tests.execution.bench import Bench


def test_a_plan_tells_of_each_output_what_it_is_made_of_and_into(bench: Bench) -> None:
    bench.clip("a.mov", tracks=(1, 1), extra=("-timecode", "01:00:00:00"))
    bench.clip("b.mov")
    plan = bench.plan("a.mov", "b.mov", codec="h264", container="mp4", resolution="half")
    *lines, last = text(plan)
    assert lines == [
        "job day",
        "  proxies:out/a.mp4",
        "    from media:a.mov: h264 320x180 25 fps, 10 frames, 2 audio tracks (1+1 ch)",
        "    make h264 160x90 25 fps in mp4, 10 frames, 2 audio tracks (1+1 ch), starts 01:00:00:00",
        "  proxies:out/b.mp4",
        "    from media:b.mov: h264 320x180 25 fps, 10 frames, no sound",
        "    make h264 160x90 25 fps in mp4, 10 frames, no sound",
    ]
    assert last.startswith("2 outputs, FFmpeg 9.0, recipes 2, ")
    assert last.endswith(digest(plan))


@pytest.mark.parametrize("form", [text, markdown])
def test_a_loss_is_named(bench: Bench, form: object) -> None:
    bench.clip("a.mov", extra=("-timecode", "01:00:00:00", "-metadata:s:v:0", "reel_name=A001"))
    plan = bench.plan(codec="h264", container="mkv")
    assert callable(form)
    assert "reel A001 is not carried by mkv" in "\n".join(form(plan))


def test_a_count_that_may_be_off_says_by_how_much(bench: Bench) -> None:
    bench.clip()
    plan = bench.plan(fps_mode="explicit", fps_explicit="24")
    assert "make prores_proxy 320x180 24 fps in mov, 10 ± 1 frames, no sound" in "\n".join(text(plan))
    assert "    note frame rate 25 becomes 24" in list(text(plan))


def test_an_interlaced_source_is_told_as_one(bench: Bench) -> None:
    fields = ("-vf", "setfield=tff", "-c:v", "mpeg2video", "-flags", "+ildct+ilme")
    bench.clip("a.mov", size="720x576", encode=fields)
    assert "from media:a.mov: mpeg2video 720x576 tff 25 fps" in "\n".join(text(bench.plan()))


def test_outputs_stand_below_their_jobs(bench: Bench) -> None:
    bench.clip()
    day, night = bench.plan(), bench.plan(job_id="night", output_directory="proxies:night")
    both = msgspec.structs.replace(day, jobs=day.jobs + night.jobs, outputs=day.outputs + night.outputs)
    starts = [line for line in text(both) if not line.startswith("    ")]
    assert starts[:-1] == ["job day", "  proxies:out/a.mov", "job night", "  proxies:night/a.mov"]


@pytest.fixture
def hostile(bench: Bench) -> Plan:
    bench.clip("a|b <img src=x> @team #1 `c` [d](e) \\ \x1b[2J.mov")
    return bench.plan("a|b <img src=x> @team #1 `c` [d](e) \\ \x1b[2J.mov", naming_template="x")


def test_a_hostile_name_stays_on_its_line_as_text(hostile: Plan) -> None:
    lines = list(text(hostile))
    assert lines[2].startswith("    from media:a|b <img src=x> @team #1 `c` [d](e) \\ \\x1b[2J.mov: h264 ")
    assert len(lines) == 5
    assert not any("\x1b" in line or "\n" in line for line in lines)


def test_a_hostile_name_stays_in_its_cell_as_markdown(hostile: Plan) -> None:
    lines = list(markdown(hostile))
    row = next(line for line in lines if "proxies:out/x.mov" in line)
    assert row.count("|") == 5
    source = row.split("|")[2]
    assert not re.search(r"[<>`\[\]\\\x1b]|@team|#1(?![0-9]*;)", source)
    assert html.unescape(source).replace("\u200b", "") == " media:a|b <img src=x> @team #1 `c` [d](e) \\ \\x1b[2J.mov "


def test_markdown_is_a_table_with_a_row_for_each_output_and_the_digest(bench: Bench) -> None:
    bench.clip("a.mov")
    bench.clip("b.mov")
    plan = bench.plan("a.mov", "b.mov")
    lines = list(markdown(plan))
    assert lines[0].startswith("**2 outputs** in 1 jobs")
    rows = [line for line in lines if line.startswith("| proxies:out/")]
    assert [row.split(" | ")[:2] for row in rows] == [
        ["| proxies:out/a.mov", "media:a.mov"],
        ["| proxies:out/b.mov", "media:b.mov"],
    ]
    assert lines[-1] == f"`{digest(plan)}`"
