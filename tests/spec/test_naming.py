"""Output names: the small template language, what is legal everywhere, and what collides somewhere."""

import time
import tracemalloc
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import JobspecError
from runner.spec.naming import (
    LONGEST_NAME,
    LONGEST_TEMPLATE,
    TOKENS,
    collisions,
    output_name,
    parse_template,
    render,
    same_place,
    spec_tokens,
)
from runner.spec.sources import Clip
from tests.spec.given import plain

GIVEN = {
    "source_name": "A001C001",
    "source_ext": "mxf",
    "source_dir": "day03/cam-a",
    "job_id": "day03",
    "index": "007",
    "codec": "prores_proxy",
    "resolution": "half",
    "container": "mov",
    "ext": "mov",
}


def name(template: str, own: frozenset[str] = frozenset(), /, **tokens: str) -> str:
    """Return the output name of a template with the given tokens."""
    return output_name(parse_template(template, own), GIVEN | tokens, "media:a.mxf")


def refused(template: str, own: frozenset[str] = frozenset(), /, **tokens: str) -> list[str]:
    """Return the problems of a template that gives no name."""
    with pytest.raises(JobspecError) as caught:
        name(template, own, **tokens)
    return [str(each) for each in caught.value.problems]


def test_the_tokens_are_those_of_the_contract() -> None:
    expected = "source_name source_ext source_dir job_id index codec resolution container ext width height fps"
    assert list(TOKENS) == [*expected.split(), "timecode", "reel", "date", "time"]


@pytest.mark.parametrize(
    ("source", "name", "extension", "folder"),
    [
        pytest.param("media:day03/cam-a/A001.MOV", "A001", "MOV", "day03/cam-a", id="below a root"),
        pytest.param("media:A001.mov", "A001", "mov", "", id="in the root itself"),
        pytest.param("media:.hidden/A001.mov", "A001", "mov", ".hidden", id="in a hidden folder"),
        pytest.param("/mnt/card/A001.mxf", "A001", "mxf", "", id="an absolute path"),
        pytest.param("clips/A001.mxf", "A001", "mxf", "clips", id="in the repository"),
        pytest.param("media:a.b.mov", "a.b", "mov", "", id="two dots"),
        pytest.param("media:A001", "A001", "", "", id="without an extension"),
        pytest.param("media:.mov", ".mov", "", "", id="a dot file"),
    ],
)
def test_a_source_has_these_tokens(source: str, name: str, extension: str, folder: str) -> None:
    tokens = spec_tokens(plain(), Clip(source), 7)
    assert (tokens["source_name"], tokens["source_ext"], tokens["source_dir"]) == (name, extension, folder)
    assert tokens["index"] == "007"


def test_a_spec_has_these_tokens() -> None:
    spec = plain(job_id="day03", codec="dnxhr", created_at="2026-11-23T08:00:00Z", tokens={"show": "harbour"})
    tokens = spec_tokens(spec, Clip("media:a.mov"), 0)
    expected = {
        "job_id": "day03",
        "codec": "dnxhr_lb",
        "resolution": "half",
        "container": "mov",
        "ext": "mov",
        "date": "2026-11-23",
        "time": "08-00-00",
        "tokens.show": "harbour",
    }
    assert expected.items() <= tokens.items()
    assert set(tokens) <= {*TOKENS, "tokens.show"}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("{{ source_name }}", "A001C001.mov", id="a token"),
        pytest.param("{{ source_name }}_proxy.mov", "A001C001_proxy.mov", id="with the container's extension"),
        pytest.param("{{ source_name }}.{{ ext }}", "A001C001.mov", id="with the token ext"),
        pytest.param("{{ source_name }}.MOV", "A001C001.MOV", id="with the extension in capitals"),
        pytest.param("{{ source_name }}.v2", "A001C001.v2.mov", id="with a dot that is no media extension"),
        pytest.param("{{ source_dir }}/{{ index }}", "day03/cam-a/007.mov", id="with subfolders"),
        pytest.param("{source_name}_{index}", "A001C001_007.mov", id="in the older spelling"),
        pytest.param("{source_name}{{ index }}", "{source_name}007.mov", id="in both: the newer one counts"),
        pytest.param("{{ source_name | lower }}", "a001c001.mov", id="lower"),
        pytest.param("{{ codec | upper }}", "PRORES_PROXY.mov", id="upper"),
        pytest.param("{{ codec | replace('_', '-') }}", "prores-proxy.mov", id="replace"),
        pytest.param("{{ reel | default('none') }}", "none.mov", id="default for a fact that is missing"),
        pytest.param("{{ reel | default(source_name) }}", "A001C001.mov", id="default from another token"),
        pytest.param("x{{ reel | default }}", "x.mov", id="default to nothing"),
        pytest.param("{% if codec == 'h264' %}a{% elif index < '1' %}b{% else %}c{% endif %}", "b.mov", id="if"),
        pytest.param("{{ 'a' if 'C001' in source_name else 'b' }}", "a.mov", id="an inline if"),
        pytest.param("{% if codec == 'h264' or not ext == 'mp4' and index %}a{% endif %}", "a.mov", id="and, or, not"),
        pytest.param("x{# a remark #}", "x.mov", id="a remark"),
        pytest.param(
            "{% if reel | default('') != '' %}{{ reel }}{% else %}x{% endif %}", "x.mov", id="a guarded token"
        ),
        pytest.param("Ärger 東京 'q' $x", "Ärger 東京 'q' $x.mov", id="letters of any script"),
        pytest.param("##{{ index }}", "##007.mov", id="what CI would obey at the start of a line"),
    ],
)
def test_a_template_gives_a_name(template: str, expected: str) -> None:
    assert name(template) == expected


@pytest.mark.parametrize("own", ["show", "copy", "items", "keys", "get", "format", "index"])
def test_own_tokens_have_their_values_whatever_they_are_called(own: str) -> None:
    template = f"{{{{ tokens.{own} }}}}_{{{{ tokens.{own} | upper }}}}"
    assert name(template, frozenset([own]), **{f"tokens.{own}": "harbour"}) == "harbour_HARBOUR.mov"
    assert name(f"{{tokens.{own}}}", frozenset([own]), **{f"tokens.{own}": "x"}) == "x.mov"


LANGUAGE = "is not part of the naming language; it has {{ token }}, {% if %} and filters"


@pytest.mark.parametrize(
    ("template", "construct"),
    [
        pytest.param("{{ 'a' * 10**9 }}", "arithmetic", id="a product that fills the memory"),
        pytest.param("{{ 9 ** 9 ** 9 }}", "arithmetic", id="a power that never ends"),
        pytest.param("{{ -1 }}", "arithmetic", id="a sign"),
        pytest.param("{{ codec ~ ext }}", "joining with ~", id="joining"),
        pytest.param("{{ codec.upper() }}", "calling something", id="a call"),
        pytest.param("{{ codec.__class__ }}", "the attribute .__class__", id="an attribute"),
        pytest.param("{{ tokens.show.x }}", "the attribute .x", id="an attribute of an own token"),
        pytest.param("{{ codec[0] }}", "an index in brackets", id="an index"),
        pytest.param("{{ codec[0:2] }}", "an index in brackets", id="a slice"),
        pytest.param("{% for c in codec %}x{% endfor %}", "a loop", id="a loop"),
        pytest.param("{% set codec = 'x' %}y", "setting a variable", id="setting a variable"),
        pytest.param("{% set codec %}x{% endset %}y", "setting a variable", id="setting a variable to a block"),
        pytest.param("{% include 'x' %}", "an include", id="an include"),
        pytest.param("{% import 'x' as codec %}", "an import", id="an import"),
        pytest.param("{% from 'x' import codec %}", "an import", id="a from import"),
        pytest.param("{% extends 'x' %}", "extending another template", id="extends"),
        pytest.param("{% block x %}{% endblock %}", "a block", id="a block"),
        pytest.param("{% macro x() %}{% endmacro %}", "a macro", id="a macro"),
        pytest.param("{% call codec() %}{% endcall %}", "a call block", id="a call block"),
        pytest.param("{% filter upper %}x{% endfilter %}", "a filter block", id="a filter block"),
        pytest.param("{% with %}x{% endwith %}", "a with block", id="a with block"),
        pytest.param("{{ codec is defined }}", "a test with is", id="a test"),
        pytest.param("{{ [codec] }}", "a list", id="a list"),
        pytest.param("{{ {codec: codec} }}", "a mapping", id="a mapping"),
        pytest.param("{{ (codec, ext) }}", "a tuple", id="a tuple"),
        pytest.param("{{ codec | center(99) }}", "the filter center", id="another filter"),
        pytest.param("{{ codec | format(1) }}", "the filter format", id="a filter that grows"),
        pytest.param(
            "{{ codec | replace(old='a', new='b') }}", "naming the arguments of replace", id="named arguments"
        ),
        pytest.param("{{ codec | replace('a') }}", "replace with 1 arguments instead of 2", id="too few arguments"),
        pytest.param("{{ codec | lower('a') }}", "lower with 1 arguments instead of 0", id="too many arguments"),
        pytest.param("{{ none }}", "the constant None", id="none"),
        pytest.param("{{ 1.5 }}", "the constant 1.5", id="a number with a point"),
    ],
)
def test_anything_else_is_refused_by_its_name(template: str, construct: str) -> None:
    with pytest.raises(JobspecError) as caught:
        parse_template(template, frozenset(["show"]))
    assert f"JS041 naming_template: {construct} {LANGUAGE}" in [str(each) for each in caught.value.problems]


def test_everything_wrong_with_a_template_is_found_at_once() -> None:
    assert refused("{{ 2 * 2 }}{{ codek }}{{ codec | e }}") == [
        f"JS041 naming_template: the filter e {LANGUAGE}",
        f"JS041 naming_template: arithmetic {LANGUAGE}",
        'JS042 naming_template: "codek" is not a token; did you mean "codec"?',
    ]


@pytest.mark.parametrize(
    "template",
    ["{{ 'a' * 10**9 }}", "{{ 9**9**9**9 }}", "{% if 'a' * 10**9 %}{% endif %}", "{{ 'x' | center(10**9) }}"],
)
def test_a_template_that_would_fill_the_memory_costs_nothing(template: str) -> None:
    tracemalloc.start()
    before = time.monotonic()
    assert refused(template)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000
    assert time.monotonic() - before < 5


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        pytest.param("{{ source_name", "unexpected end of template, expected 'end of print statement'.", id="no end"),
        pytest.param("{% nope %}", "encountered unknown tag 'nope'.", id="an unknown tag"),
        pytest.param("x" * 513, f"513 characters, {LONGEST_TEMPLATE} are the most", id="too long"),
        pytest.param(
            "{{ " + "(" * 240 + ")" * 240 + " }}", "it is nested too deep or holds too large a number", id="deep"
        ),
    ],
)
def test_what_is_no_template_is_said_to_be_none(template: str, reason: str) -> None:
    assert refused(template) == [f"JS040 naming_template: not a naming template: {reason}"]


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{{ source_name" + "| replace('', source_name)" * 18 + " }}", id="growing by every step"),
        pytest.param("{{ tokens.long | lower }}", id="a long value"),
    ],
)
def test_a_value_that_grows_without_bound_is_refused(template: str) -> None:
    assert refused(template, frozenset(["long"]), **{"tokens.long": "x" * 2000}) == [
        "JS040 naming_template: not a naming template: a value of more than 1024 characters"
    ]


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("{{ " + "not " * 124 + "codec }}", id="not"),
        pytest.param("{{ codec" + "|lower" * 83 + " }}", id="filters"),
        pytest.param("{% if codec %}" * 19 + "a" + "{% endif %}" * 19, id="if"),
        pytest.param("{{ " + "'a' if codec else " * 27 + "'b' }}", id="inline if"),
        pytest.param("{{ codec" + "|default(codec" * 30 + ")" * 30 + " }}", id="filters in filters"),
    ],
)
def test_the_deepest_template_that_fits_the_limit_still_gives_a_name(template: str) -> None:
    assert name(template).endswith(".mov")


def test_a_token_without_a_value_says_how_to_give_one() -> None:
    assert refused("{{ source_name }}_{{ reel }}_{{ timecode | default('x') }}") == [
        "JS043 naming_template: the token \"reel\" has no value for media:a.mxf; give one: {{ reel | default('x') }}"
    ]


@pytest.mark.parametrize(
    ("given_name", "reason"),
    [
        pytest.param("", "a part of it is empty", id="nothing"),
        pytest.param("a//b", "a part of it is empty", id="an empty folder"),
        pytest.param("/etc/x", "a part of it is empty", id="an absolute path"),
        pytest.param("a/", "a part of it is empty", id="a folder alone"),
        pytest.param("../x", '".." leaves the output directory', id="a way out"),
        pytest.param("a/../../x", '".." leaves the output directory', id="a way out by a detour"),
        pytest.param("./x", '"." leaves the output directory', id="the folder itself"),
        pytest.param("a\nb", "it holds a character that is not for names", id="a line end"),
        pytest.param("a\x7fb", "it holds a character that is not for names", id="DEL"),
        pytest.param("a\u202eb", "it holds a character that is not for names", id="text that runs backwards"),
        pytest.param("a\udce9", "it holds a character that is not for names", id="bytes that are no UTF-8"),
        pytest.param("a:b", ": cannot stand in a name", id="a colon"),
        pytest.param('a<b>?"*|\\', '" * < > ? \\ | cannot stand in a name', id="what Windows forbids"),
        pytest.param("a%03d", "% cannot stand in a name", id="a pattern of FFmpeg"),
        pytest.param("-y", 'it begins with "-"', id="an option"),
        pytest.param(".hidden", 'it begins with "."', id="a hidden file"),
        pytest.param("x/.jobspec", 'it begins with "."', id="a hidden folder"),
        pytest.param("a.", "it ends in a space or a full stop", id="a full stop at the end"),
        pytest.param("a /b", "it ends in a space or a full stop", id="a space at the end of a folder"),
        pytest.param(" a", "it begins with a space", id="a space at the start"),
        pytest.param("con", "Windows keeps this name for a device", id="a device"),
        pytest.param("COM1.x", "Windows keeps this name for a device", id="a device with an extension"),
        pytest.param("lpt² .y/a", "Windows keeps this name for a device", id="a device with a superscript"),
        pytest.param("aux/b", "Windows keeps this name for a device", id="a folder called as a device"),
        pytest.param("x" * 256, f"it is longer than {LONGEST_NAME} bytes", id="too long"),
        pytest.param("x" * 252, f"it is longer than {LONGEST_NAME} bytes", id="too long with its extension"),
        pytest.param("ä" * 126, f"it is longer than {LONGEST_NAME} bytes", id="too long in bytes"),
    ],
)
def test_a_name_that_is_not_legal_on_all_three_systems_is_refused(given_name: str, reason: str) -> None:
    found = refused(
        "{{ tokens.given }}" if "/" not in given_name else given_name,
        frozenset(["given"]),
        **{"tokens.given": given_name},
    )
    assert len(found) == 1
    assert found[0].startswith("JS044 naming_template: ")
    assert f" is not a legal output name: {reason} (" in found[0]


@pytest.mark.parametrize("given_name", ["x" * 251, "ä" * 125, "console", "com", "com10", "a.b.c", "a b", "{x}", "COM0"])
def test_a_name_that_is_legal_on_all_three_systems_is_taken(given_name: str) -> None:
    assert name("{{ tokens.given }}", frozenset(["given"]), **{"tokens.given": given_name}) == f"{given_name}.mov"


def test_the_error_for_an_illegal_name_shows_the_values_that_led_there() -> None:
    assert refused("{{ source_name }}_{{ codec }}", source_name="scene 1: take 2") == [
        'JS044 naming_template: "scene 1: take 2_prores_proxy" is not a legal output name: : cannot stand in a name '
        '(codec = "prores_proxy", source_name = "scene 1: take 2")'
    ]


def test_only_source_dir_and_the_template_may_make_folders() -> None:
    assert refused("{{ tokens.show }}/{{ source_name }}", frozenset(["show"]), **{"tokens.show": "a/b"}) == [
        'JS044 naming_template: "a/b/A001C001" is not a legal output name: the token tokens.show holds a / '
        '(source_name = "A001C001", tokens.show = "a/b")'
    ]


def test_the_extension_of_another_container_is_named_with_the_values_that_led_there() -> None:
    assert refused("{source_name}.{source_ext}") == [
        'JS047 naming_template: "A001C001.mxf" ends in .mxf, but the container is mov '
        '(source_ext = "mxf", source_name = "A001C001")'
    ]


def test_a_name_comes_out_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "Ärger")
    assert decomposed != "Ärger"
    assert name("{{ source_name }}", source_name=decomposed) == "Ärger.mov"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("A001.mov", "a001.mov", id="case"),
        pytest.param("ÄRGER", unicodedata.normalize("NFD", "ärger"), id="composition"),
        pytest.param("STRASSE", "straße", id="sharp s"),
        pytest.param("ﬁlm", "film", id="a ligature"),
        pytest.param("K", "\u212a", id="the sign for kelvin"),
        pytest.param("ＡＢＣ", "abc", id="wide letters"),
        pytest.param("Σας", "σασ", id="the final sigma"),
        pytest.param("take²", "take2", id="a superscript"),
        pytest.param("İ", "i̇", id="the dotted I"),
        pytest.param("dir/A", "DIR/a", id="case of a folder"),
    ],
)
def test_two_names_that_some_file_system_takes_for_one_collide(one: str, other: str) -> None:
    assert same_place(one) == same_place(other)
    found = collisions([("media:x", one), ("media:y", other)])
    assert [each.code for each in found] == ["JS045"]
    assert "media:y gets the output name" in str(found[0])
    assert str(found[0]).endswith("which is also that of media:x")


@pytest.mark.parametrize(("one", "other"), [("a1", "a2"), ("a", "ä"), ("o", "ø"), ("a/b", "ab"), ("a_b", "a-b")])
def test_two_names_that_differ_everywhere_do_not_collide(one: str, other: str) -> None:
    assert collisions([("media:x", one), ("media:y", other)]) == []


def test_each_of_three_names_that_collide_is_held_against_the_first() -> None:
    found = collisions([("one", "a"), ("two", "A"), ("three", "a")])
    assert [dict(each.values)["other"] for each in found] == ["one", "one"]


@given(st.text(max_size=12))
def test_folding_a_name_twice_changes_nothing_more(text: str) -> None:
    folded = same_place(text)
    assert same_place(folded) == folded
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert same_place(unicodedata.normalize(form, text)) == folded  # type: ignore[arg-type]
    assert same_place(text.casefold()) == folded


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=20) | st.text("./\\:- cCoOnN1", max_size=8))
def test_a_name_is_legal_or_refused_whatever_the_source_is_called(source_name: str) -> None:
    try:
        found = name("{{ source_name }}", source_name=source_name)
    except JobspecError as error:
        assert error.problems[0].code in ("JS044", "JS047", "JS040")
        assert "\n" not in str(error)
        return
    assert found == unicodedata.normalize("NFC", found)
    assert found.lower().endswith(".mov")
    assert not set(found) & set('<>:"/\\|?*%\n\0')
    assert 0 < len(found.encode()) <= LONGEST_NAME
    assert found[0] not in " .-"


_PIECES = st.sampled_from(
    [
        "{{ ",
        " }}",
        "{% ",
        " %}",
        "if ",
        "else",
        "endif",
        "codec",
        "tokens",
        ".",
        "|",
        "lower",
        "default(",
        "'x'",
        ")",
        "(",
        "source_name",
        " and ",
        " not ",
        " in ",
        "==",
        "+",
        "*",
        "~",
        "[",
        "]",
        "{",
        "}",
        "{#",
        "#}",
        "9" * 40,
        "nope",
        ",",
    ]
)


@given(st.lists(_PIECES, max_size=30).map("".join) | st.text(max_size=60))
def test_any_text_is_a_template_or_refused(text: str) -> None:
    try:
        assert name(text).lower().endswith(".mov")
    except JobspecError as error:
        assert {each.code for each in error.problems} <= {"JS040", "JS041", "JS042", "JS043", "JS044", "JS047"}


def test_a_name_hangs_on_nothing_but_template_and_tokens() -> None:
    template = parse_template("{{ source_name }}_{{ index }}")
    assert render(template, GIVEN, "x") == render(template, dict(reversed(GIVEN.items())), "y") == "A001C001_007"


def test_a_sequence_in_the_root_itself_is_named_without_its_root() -> None:
    assert spec_tokens(plain(), Clip("media:plate.####.exr", sequence=True), 0)["source_name"] == "plate"
