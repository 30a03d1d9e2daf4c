"""Problems to be shown, with texts of strangers in them; and how CI reads what a command prints."""

import re
from collections.abc import Iterator

from hypothesis import strategies

from runner.errors import Place, Problem, problem
from runner.review import Checked

HOSTILE = {
    "a terminal escape": "\x1b[2J\x1b]0;owned\x07",
    "a C1 escape": "\x9b31m",
    "a deletion": "a\x7fb",
    "a workflow command": "::error file=x::hm",
    "a workflow command in a new line": "a\n::set-output name=x::y",
    "a workflow command in a line of old Macs": "a\r::add-mask::e",
    "an escaped workflow command": "a%0A::stop-commands::x",
    "a command of the old kind": "##[add-mask]e",
    "a command of the old kind inside": "clip ##[stop-commands]x",
    "a command of Azure": "clip ##vso[task.setvariable variable=x]y",
    "properties of a command": "x,line=99,title=hm:y",
    "bidirectional controls": "a\u202egnp.\u2066",
    "the end of an element": "]]></failure><testcase name='x'/>",
    "an entity": "&lol; <!DOCTYPE x>",
    "an attachment": "[[ATTACHMENT|/etc/passwd]]",
    "a link": "[here](https://example.com)",
    "a placeholder": "{0} {{1}} {",
    "no character of XML": "\ufffe\uffff",
    "half a character": "\ud800",
    "a name that is not UTF-8": "a\udcff",
    "a zero byte": "a\0b",
    "line and paragraph separators": "a\u2028b\u2029c\x85d",
    "quotes and backslashes": "\"'`\\",
}
# Any text at all, halves of surrogate pairs included: names on disk may hold them.
any_text = strategies.text(strategies.characters(), max_size=40)


def wrong(found: str = "haf", *, file: str = "specs/day.yaml", line: int = 12, column: int = 13) -> Problem:
    return problem("JS021", ("resolution",), found=found, legal=("same", "half"), place=Place(file, line, column))


def note(what: str = "names", *, file: str = "specs/day.yaml") -> Problem:
    return problem("JS049", ("naming_template",), what=what, place=Place(file, 9, 18))


def checked(*problems: Problem, files: tuple[str, ...] = ("specs/day.yaml",)) -> Checked:
    return Checked(files=files, problems=problems)


def _back(text: str, escapes: dict[str, str]) -> str:
    for escape, character in escapes.items():
        text = text.replace(escape, character)
    return text


def commands(printed: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Yield name, properties and text of every command that a runner takes from lines: ::name …:: and ##[name …]."""
    said = {"%0D": "\r", "%0A": "\n", "%25": "%"}
    value = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
    for line in re.split("\r\n|\r|\n", printed):
        new = re.match(r"\s*::(.*?)::(.*)$", line, re.DOTALL)
        old = re.search(r"##\w*\[(.*?)\](.*)$", line, re.DOTALL)
        if new:
            name, _, rest = new[1].partition(" ")
            pairs = (pair.partition("=") for pair in rest.strip().split(",") if pair)
            yield name, {key: _back(text, value) for key, _, text in pairs}, _back(new[2], said)
        elif old:
            yield old[1], {}, old[2]
