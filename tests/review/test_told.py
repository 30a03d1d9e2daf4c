"""A diff as text, as one comment of a pull request, as JSON; with names of strangers in all of them."""

import json
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec
import pytest
from hypothesis import example, given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from runner.errors import Problem, problem
from runner.plan.changes import Change, Kind, kind_of
from runner.plan.estimate import Cost
from runner.plan.model import Output
from runner.report.planned import cell
from runner.review.causes import Cause
from runner.review.diff import Diff, Group
from runner.review.told import LONGEST_COMMENT, MARKER, as_json, cost_text, duration_text, markdown, text
from runner.text import harmless
from tests.plan.planning import facts, planned
from tests.review.given import HOSTILE, any_text, commands

DIGEST = f"sha256:{'0' * 64}"
BEFORE, AFTER = planned(facts(alpha=True), codec="prores_4444"), planned(facts(alpha=True))
NAMES = {
    **HOSTILE,
    "a table's border": "a|b||c\\|d",
    "an image of HTML": "<img src=x onerror=alert(1)>",
    "an open element": "<div class=x",
    "a script": "<script>alert(1)</script>",
    "the end of a comment": "--> <b>",
    "the end of details": "</details>\n\n# big",
    "a heading": "# big",
    "a mention": "clip@octocat.mov @org/team",
    "a reference": "#1 GH#2 org/repo#3 !4 $5 %6 &7 ~8",
    "an address": "https://example.com www.example.com HTTP://x",
    "an e-mail address": "me@example.com",
    "emphasis": "**bold** __bold__ *it* _it_ ~~gone~~",
    "code": "`code` ``x`` ```y```",
    "an image": "![x](https://example.com/x.png)",
    "a named link": "[x][y] [x]: /y",
    "an autolink": "<https://example.com>",
    "entities": "&amp; &#124; &lt;b&gt;",
    "mathematics": "$`x`$ $$y$$",
    "a footnote": "[^1]",
}
each_name = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())


def named(output: Output, name: str, source: str = "media:a.mov", job: str = "day") -> Output:
    place = msgspec.structs.replace(output.source, location=source)
    return msgspec.structs.replace(output, name=name, source=place, job=job)


def change(name: str = "a.mov", before: Output | None = BEFORE, after: Output | None = AFTER) -> Change:
    old, new = before and named(before, name), after and named(after, name)
    kind = kind_of(old, new) if old and new else Kind.ADDED if new else Kind.REMOVED
    return Change(kind, old, new)


def group(words: str, changes: Iterable[Change], file: str = "specs/day.yaml", line: int = 3) -> Group:
    return Group((Cause(file, line, words),), tuple(changes))


def found(
    *groups: Group, unchanged: int = 0, untold: int = 0, unlocked: Sequence[str] = (), problems: Sequence[Problem] = ()
) -> Diff:
    return Diff(groups, unchanged, untold, tuple(unlocked), tuple(problems), DIGEST)


def hostile(name: str) -> Diff:
    """Return a diff in which `name` stands wherever a text of a spec, a file or a source can."""
    gone, come = change(f"{name}/gone", after=None), change(f"{name}/come", before=None)
    lossy = msgspec.structs.replace(AFTER, losses=(name,))
    both = Change(Kind.REENCODED, named(BEFORE, f"x{name}"), named(lossy, f"y{name}", source=name, job=name))
    wrong = problem("JS042", found=name)
    other = problem("JS052", reason=name)
    return found(
        group(name, [both, come], file=name),
        group(f"b {name}", [gone], file=name, line=0),
        unlocked=(name, f"{name}.yaml"),
        problems=(wrong, other),
    )


# Text.


def lines(diff: Diff) -> list[str]:
    return list(text(diff))


def test_the_text_of_no_change_says_so_and_which_plan_it_is() -> None:
    assert lines(found(unchanged=12345)) == ["no changes, 12,345 unchanged", "", f"plan {DIGEST}"]


def test_the_text_says_totals_then_each_cause_with_its_cost_losses_jobs_and_outputs() -> None:
    half = planned(facts(alpha=True), codec="prores_4444", resolution="half")
    diff = found(
        group("resolution same → half", [change("a.mov", after=half), change("b.mov", after=half)], "base.yaml", 7),
        group("spec removed", [change("c.mov", after=None)], line=0),
        unchanged=5,
        untold=1,
        unlocked=("specs/open.yaml",),
        problems=(problem("JS009", ("specs",)),),
    )
    words = "picture height 1080 → 540; picture width 1920 → 960"
    assert lines(diff) == [
        "2 re-encoded, 1 removed, 5 unchanged, 1 that cannot be told",
        "",
        "base.yaml:7 resolution same → half: 1 job, 2 outputs (2 re-encoded)",
        "  to make: 2 outputs, 8 s of picture, about 77.1 MB and 17 s of CPU time",
        "  job day",
        f"    re-encoded proxies:out/a.mov: {words}",
        f"    re-encoded proxies:out/b.mov: {words}",
        "",
        "specs/day.yaml spec removed: 1 job, 1 output (1 removed)",
        "  nothing to make",
        "  job day",
        "    removed proxies:out/c.mov: media:a.mov",
        "",
        "orphaned, ours and named by no spec any more: 1 file",
        "  proxies:out/c.mov",
        "specs/open.yaml changed and has no lock: what it makes cannot be told without media",
        "JS009 specs: holds no spec; a spec ends in .yaml or .yml and is no base in a folder named profiles",
        "",
        f"plan {DIGEST}",
    ]


def test_losses_are_called_out_with_the_outputs_that_lose_it() -> None:
    diff = found(group("codec prores_4444 → prores_proxy", [change(f"{number}.mov") for number in range(1200)]))
    assert "  LOST alpha is dropped: 1,200 outputs" in lines(diff)


def test_jobs_and_outputs_are_counted_with_separators_of_thousands() -> None:
    changes = [
        Change(Kind.REENCODED, None, msgspec.structs.replace(AFTER, job=f"job{number % 1500}", name=f"{number}.mov"))
        for number in range(3112)
    ]
    head = lines(found(group("resolution half → quarter", changes, "profiles/house.yaml", 7)))[2]
    assert head == ("profiles/house.yaml:7 resolution half → quarter: 1,500 jobs, 3,112 outputs (3,112 re-encoded)")


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (Cost(), "nothing to make"),
        (Cost(1, 4, 1_000_000, 8), "to make: 1 output, 4 s of picture, about 1.0 MB and 8 s of CPU time"),
        (
            Cost(3112, 12448, 2.5e12, 86400),
            "to make: 3,112 outputs, 3.5 h of picture, about 2.5 TB and 24.0 h of CPU time",
        ),
    ],
    ids=["nothing", "a clip", "a show"],
)
def test_a_cost_says_outputs_seconds_of_picture_bytes_and_cpu_time(cost: Cost, words: str) -> None:
    assert cost_text(cost) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (42.4, "42 s"), (180, "3 min"), (5399, "90 min"), (18720, "5.2 h")]
)
def test_lengths_of_time_are_said_in_units_of_their_size(seconds: float, words: str) -> None:
    assert duration_text(seconds) == words


@each_name
def test_text_is_harmless_for_terminals_and_ci(name: str) -> None:
    printed = "\n".join(text(hostile(name)))
    assert harmless(printed.replace("\n", "")) == printed.replace("\n", "")
    assert list(commands(printed)) == []


# JSON.


def test_json_says_all_that_the_diff_holds() -> None:
    wrong = problem("JS009", ("specs",))
    diff = found(
        group("codec prores_4444 → prores_proxy", [change("a.mov")], line=4),
        group("new spec", [change("b.mov", before=None)], line=0),
        group("spec removed", [change("c.mov", after=None)], line=0),
        unchanged=7,
        untold=2,
        unlocked=("specs/open.yaml",),
        problems=(wrong,),
    )
    data = json.loads(as_json(diff))
    assert data["counts"] == {
        "added": 1,
        "re-encoded": 1,
        "re-wrapped": 0,
        "moved": 0,
        "outdated": 0,
        "removed": 1,
        "unchanged": 7,
    }
    first = data["groups"][0]
    assert first["causes"] == [{"file": "specs/day.yaml", "line": 4, "words": "codec prores_4444 → prores_proxy"}]
    assert data["groups"][1]["causes"][0]["line"] is None
    assert first["jobs"] == ["day"]
    assert (first["cost"]["outputs"], first["cost"]["seconds"]) == (1, 4.0)
    assert first["losses"] == {"alpha is dropped": 1}
    assert first["changes"] == [
        {
            "kind": "re-encoded",
            "output": "proxies:out/a.mov",
            "was": "proxies:out/a.mov",
            "source": "media:a.mov",
            "job": "day",
            "words": [
                "picture codec prores_4444 → prores_proxy",
                "picture pixel_format yuva444p10le → yuv422p10le",
            ],
            "losses": ["alpha is dropped"],
        }
    ]
    assert [each["changes"][0]["was"] for each in data["groups"]] == ["proxies:out/a.mov", None, "proxies:out/c.mov"]
    assert data["orphaned"] == ["proxies:out/c.mov"]
    assert (data["unlocked"], data["untold"], data["plan"]) == (["specs/open.yaml"], 2, DIGEST)
    assert data["problems"] == [str(wrong)]


@each_name
def test_json_gives_every_name_back_and_prints_nothing_that_anything_obeys(name: str) -> None:
    printed = as_json(hostile(name))
    assert printed.isascii()
    assert harmless(printed.replace("\n", "")) == printed.replace("\n", "")
    assert list(commands(printed)) == []
    data = json.loads(printed)
    assert data["groups"][0]["causes"][0]["file"] == name
    assert data["groups"][0]["changes"][0]["source"] == name
    assert data["unlocked"][0] == name


# Markdown.


def parsed(written: str) -> list[Token]:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(written)


def inline(tokens: Iterable[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or ()]


def shown(token: Token) -> str:
    """Return the text that a reader of one inline token sees, without the spaces that have no width."""
    return "".join(child.content for child in token.children or ()).replace("\u200b", "")


def rows(tokens: Sequence[Token]) -> list[list[str]]:
    """Return the cells of every row of every table."""
    found: list[list[str]] = []
    for place, token in enumerate(tokens):
        if token.type == "tr_open":
            found.append([])
        elif token.type in ("td_open", "th_open"):
            found[-1].append(shown(tokens[place + 1]))
    return found


def headings(tokens: Sequence[Token]) -> list[str]:
    return [shown(tokens[place + 1]) for place, token in enumerate(tokens) if token.type == "heading_open"]


def test_the_comment_begins_with_the_mark_by_which_it_is_found_again_and_ends_with_the_plan() -> None:
    written = markdown(found(group("codec a → b", [change()])))
    assert written.startswith(f"{MARKER}\n## jobspec: 1 re-encoded, 0 unchanged\n")
    assert written.endswith(f"\nplan `{DIGEST}`\n")


def test_the_comment_shows_totals_causes_costs_losses_and_a_table_of_what_changes() -> None:
    tokens = parsed(markdown(found(group("codec prores_4444 → prores_proxy", [change("a.mov")]), unchanged=3)))
    assert headings(tokens) == [
        "jobspec: 1 re-encoded, 3 unchanged",
        "specs/day.yaml:3 codec prores_4444 → prores_proxy",
    ]
    words = "picture codec prores_4444 → prores_proxy; picture pixel_format yuva444p10le → yuv422p10le"
    assert rows(tokens) == [["", "output", "what"], ["re-encoded", "proxies:out/a.mov", words]]
    said = [shown(token) for token in tokens if token.type == "inline"]
    assert "1 job, 1 output (1 re-encoded)" in said
    assert any(line.startswith("to make: 1 output, 4 s of picture, about ") for line in said)
    assert "lost: alpha is dropped (1 output)" in said


def test_the_difference_of_arguments_is_folded_away() -> None:
    tokens = parsed(markdown(found(group("codec prores_4444 → h264", [change(after=planned(facts(), codec="h264"))]))))
    places = {token.type: place for place, token in enumerate(tokens)}
    blocks = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert blocks == [MARKER, "<details><summary>FFmpeg arguments of the first</summary>", "</details>"]
    code = tokens[places["code_block"]].content.splitlines()
    assert "-prores_ks" in code
    assert "+libx264" in code
    assert all(line[0] in "+-" for line in code)
    assert "-THREADS" in code  # as many as the machine has, until the encoder's bits depend on them


def test_only_a_change_of_two_outputs_has_arguments_to_compare() -> None:
    assert "<details>" not in markdown(found(group("new spec", [change(before=None)])))


def test_what_stays_the_same_is_counted_and_not_listed() -> None:
    tokens = parsed(markdown(found(unchanged=4000)))
    assert headings(tokens) == ["jobspec: no changes, 4,000 unchanged"]
    assert rows(tokens) == []


def test_problems_specs_without_a_lock_and_orphans_are_said_below() -> None:
    diff = found(
        group("spec removed", [change(after=None), change("b.mov", after=None)]),
        unlocked=("specs/open.yaml",),
        problems=(problem("JS009", ("specs",)),),
    )
    said = [shown(token) for token in parsed(markdown(diff)) if token.type == "inline"]
    assert said[-4:] == [
        "JS009 specs: holds no spec; a spec ends in .yaml or .yml and is no base in a folder named profiles",
        "specs/open.yaml changed and has no lock: what it makes cannot be told",
        "orphaned: 2 files of ours that no spec names any more",
        f"plan {DIGEST}",
    ]


def test_a_long_group_shows_its_first_outputs_and_counts_the_others() -> None:
    tokens = parsed(markdown(found(group("new spec", [change(f"{n:04d}.mov", before=None) for n in range(2020)]))))
    table = rows(tokens)
    assert len(table) == 1 + 20 + 1
    assert table[-1] == ["", "… and 2,000 more", ""]


@each_name
def test_no_name_breaks_out_of_the_comment(name: str) -> None:
    diff = hostile(name)
    written = markdown(diff)
    tokens = parsed(written)
    blocks = {token.content.strip() for token in tokens if token.type == "html_block"}
    assert blocks == {MARKER, "<details><summary>FFmpeg arguments of the first</summary>", "</details>"}
    allowed = {"text", "strong_open", "strong_close", "code_inline", "softbreak"}
    assert {token.type for token in inline(tokens)} <= allowed
    assert [token.content for token in inline(tokens) if token.type == "code_inline"] == [DIGEST]
    bold = [each.content for before, each in pairwise(inline(tokens)) if before.type == "strong_open"]
    assert set(bold) <= {"lost:", "orphaned:"}
    assert len(headings(tokens)) == 3
    assert list(commands(written)) == []
    assert harmless(written.replace("\n", "").replace("\u200b", "")) == written.replace("\n", "").replace("\u200b", "")


@each_name
def test_every_row_keeps_its_three_cells_and_shows_the_name_as_it_is(name: str) -> None:
    written = markdown(hostile(name))
    bars = {line.count("|") for line in written.splitlines() if line.startswith("|")}
    assert bars == {4}
    table = rows(parsed(written))
    assert {len(row) for row in table} == {3}
    plain = harmless(f"proxies:out/{name}/come").replace("  ", " ")
    assert plain in [row[1].replace("  ", " ") for row in table]


@each_name
def test_nobody_is_mentioned_and_nothing_is_referred_to(name: str) -> None:
    said = [token.content for token in inline(parsed(markdown(hostile(name)))) if token.type == "text"]
    obeyed = re.compile(r"[@#!$%&~][^\s\u200b]|://|www\.", re.IGNORECASE)
    assert [line for line in said if obeyed.search(line)] == []


@given(any_text)
@example("a|b")
@example("@a")
def test_a_cell_shows_any_text_and_is_nothing_but_text(value: str) -> None:
    (row,) = rows(parsed(f"|a|b|\n|---|---|\n| x{cell(value)}x | y |\n"))[1:]
    assert row == [f"x{harmless(value)}x", "y"]


# The size of a comment.


def many(groups: int, outputs: int, name: str = "reel{}/A{:06d}_C001_1123_proxy.mov") -> Diff:
    """Return a diff of so many outputs, in groups of equal size."""
    each = outputs // groups
    return found(
        *(
            group(
                f"resolution half → {number}x{number}",
                [change(name.format(number, place)) for place in range(each)],
                f"specs/show/day{number:03d}.yaml",
            )
            for number in range(groups)
        )
    )


def test_five_thousand_outputs_in_three_hundred_groups_fit_a_comment_and_the_rest_is_counted() -> None:
    diff = many(300, 5100)
    written = markdown(diff)
    assert len(written) <= LONGEST_COMMENT == 65_536
    tokens = parsed(written)
    groups = len(headings(tokens)) - 1
    assert groups > 10
    (rest,) = re.findall(r"^… and ([\d,]+) more groups with ([\d,]+) outputs$", written, re.MULTILINE)
    assert (int(rest[0]), int(rest[1].replace(",", ""))) == (300 - groups, 5100 - 17 * groups)
    assert written.endswith(f"\nplan `{DIGEST}`\n")
    assert f"## jobspec: {5100:,} re-encoded" in written


def test_it_is_cut_by_whole_groups() -> None:
    diff = many(30, 300)
    whole = markdown(diff)
    cut = markdown(diff, len(whole) // 2)
    assert len(cut) <= len(whole) // 2
    sections = [f"### {part}" for part in whole.split("### ")[1:]]
    kept = [f"### {part}" for part in cut.split("### ")[1:]]
    assert kept[:-1] == sections[: len(kept) - 1]
    assert kept[-1].startswith(sections[len(kept) - 1].partition("\nplan")[0].rstrip())


def test_what_fits_is_not_cut() -> None:
    diff = many(3, 30)
    assert "more group" not in markdown(diff)
    assert len(headings(parsed(markdown(diff)))) == 4


def test_a_group_too_large_for_any_comment_does_not_hide_the_others() -> None:
    long = group("new spec", [change(f"{'|' * 200}/{number}", before=None) for number in range(60)])
    huge = group("x" * 70_000, [change()])
    small = group("resolution half → same", [change()])
    written = markdown(found(huge, long, small))
    assert len(written) <= LONGEST_COMMENT
    assert "resolution half → same" in written
    assert "… and 1 more group with 1 output\n" in written


@pytest.mark.parametrize("length", [10, 5_000], ids=["short", "long"])
def test_thousands_of_problems_and_specs_without_a_lock_do_not_make_it_longer(length: int) -> None:
    wrong = [problem("JS052", reason=f"{number} {'|' * length}") for number in range(1000)]
    names = [f"specs/{number}{'@' * 100}.yaml" for number in range(3000)]
    written = markdown(found(group("codec a → b", [change()]), problems=wrong, unlocked=names))
    assert len(written) <= LONGEST_COMMENT
    assert "codec a → b" in written
    (rest,) = re.findall(r"^- … and ([\d,]+) more of the like$", written, re.MULTILINE)
    said = sum(line.startswith("- JS052") or " has no lock" in line for line in written.splitlines())
    assert int(rest.replace(",", "")) == 4000 - said
