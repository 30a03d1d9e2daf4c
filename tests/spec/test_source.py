"""YAML becomes plain data with positions, or one message that says where and why not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner import JobSpecValidationError
from runner.errors import Place
from runner.spec.source import DEEPEST, LONGEST_SCALAR, MOST_BYTES, MOST_NODES, read_yaml


def refused(data: str | bytes) -> list[str]:
    """Return the problems of a text that must not be read."""
    with pytest.raises(JobSpecValidationError) as caught:
        read_yaml(data if isinstance(data, bytes) else data.encode(), "specs/day.yaml")
    return [str(each) for each in caught.value.problems]


@pytest.mark.parametrize(
    "written",
    [
        "no",
        "Yes",
        "on",
        "12:30:00",
        "1e3",
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        "null",
        "~",
        "0x1F",
        "010",
        "1_000",
        ".inf",
        ".nan",
        "23.976",
        "true",
        "=",
    ],
)
def test_a_scalar_stays_the_text_that_it_is(written: str) -> None:
    document = read_yaml(f"plain: {written}\nlisted: [{written}]\n{written}: key\n".encode(), "f")
    assert document.data == {"plain": written, "listed": [written], written: "key"}
    assert isinstance(document.data["plain"], str)


def test_nothing_at_all_after_a_colon_is_empty_text() -> None:
    assert read_yaml(b"codec:\n", "f").data == {"codec": ""}


def test_quotes_and_blocks_are_read_as_yaml_says() -> None:
    data = "a: \"x\\ty\"\nb: 'it''s'\nc: |\n  one\n  two\nd: >-\n  one\n  two\n"
    assert read_yaml(data.encode(), "f").data == {"a": "x\ty", "b": "it's", "c": "one\ntwo\n", "d": "one two"}


def test_every_value_and_every_key_knows_its_place() -> None:
    document = read_yaml("# day\nsources:\n  - a.mov\n  - {glob:  'ü*', exclude: [x]}\n".encode(), "specs/day.yaml")
    assert document.place(("sources",)) == Place("specs/day.yaml", 3, 3)
    assert document.place(("sources",), key=True) == Place("specs/day.yaml", 2, 1)
    assert document.place(("sources", 1, "glob")) == Place("specs/day.yaml", 4, 13)
    assert document.place(("sources", 1, "exclude", 0)) == Place("specs/day.yaml", 4, 29)


def test_columns_count_characters_and_not_bytes() -> None:
    assert read_yaml("{ü: 1, codec: x}\n".encode(), "f").place(("codec",)) == Place("f", 1, 15)


def test_what_is_missing_has_the_place_of_its_nearest_parent() -> None:
    document = read_yaml(b"\n\ntokens:\n    show: x\n", "f")
    assert document.place(("tokens", "reel", 3)) == Place("f", 4, 5)
    assert document.place(("codec",)) == Place("f", 3, 1)


def test_windows_line_ends_and_a_byte_order_mark_move_no_position() -> None:
    document = read_yaml(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "f")
    assert document.data == {"a": "1", "b": "2"}
    assert document.place(("a",)) == Place("f", 1, 4)
    assert refused(b"\xef\xbb\xbfa: \x07\n")[0].startswith("specs/day.yaml:1:4: JS003")
    assert document.place(("b",)) == Place("f", 2, 4)


def test_a_key_that_stands_twice_is_named_with_the_line_of_the_first() -> None:
    assert refused("codec: h264\ncontainer: mov\ncodec: h265\n") == [
        'specs/day.yaml:3:1: JS004 codec: the key "codec" stands here a second time; the first is in line 1'
    ]


def test_every_key_that_stands_twice_is_named_also_deep_inside() -> None:
    assert refused("a: 1\ntokens:\n  x: 1\n  x: 2\na: 2\na: 3\n") == [
        'specs/day.yaml:4:3: JS004 tokens.x: the key "x" stands here a second time; the first is in line 3',
        'specs/day.yaml:5:1: JS004 a: the key "a" stands here a second time; the first is in line 1',
        'specs/day.yaml:6:1: JS004 a: the key "a" stands here a second time; the first is in line 1',
    ]


def test_a_mapping_that_stands_twice_is_one_problem_and_not_one_for_each_key_in_it() -> None:
    assert refused("tokens: {x: 1, y: 2}\ntokens: {x: 1, y: 2}\n") == [
        'specs/day.yaml:2:1: JS004 tokens: the key "tokens" stands here a second time; the first is in line 1'
    ]


def test_one_name_in_two_mappings_is_not_twice() -> None:
    data = read_yaml(b"sources:\n  - {path: a}\n  - {path: b}\n", "f").data
    assert data == {"sources": [{"path": "a"}, {"path": "b"}]}


@pytest.mark.parametrize(
    ("written", "place", "what"),
    [
        pytest.param("a: &x 1\nb: 2\n", "1:4", "anchors and aliases (& and *) are", id="an anchor"),
        pytest.param("a: 1\nb: *x\n", "2:4", "anchors and aliases (& and *) are", id="an alias"),
        pytest.param("a: !!python/object:os.system ls\n", "1:4", "tags (!) are", id="a tag that would run something"),
        pytest.param("a: !!str 1\n", "1:4", "tags (!) are", id="a harmless tag"),
        pytest.param("- x\n- ! y\n", "2:3", "tags (!) are", id="the empty tag"),
        pytest.param("a: 1\n<<: {b: 2}\n", "2:1", "merge keys (<<) are", id="a merge key"),
        pytest.param("? [a, b]\n: c\n", "1:3", "keys that are lists or mappings are", id="a list as key"),
        pytest.param("a: 1\n---\nb: 2\n", "2:1", "a second document (---) is", id="a second document"),
    ],
)
def test_what_makes_a_file_say_other_things_than_stand_in_it_is_refused(written: str, place: str, what: str) -> None:
    expected = f"specs/day.yaml:{place}: JS005: {what} not allowed in a JobSpec; write the value out"
    assert refused(written) == [expected]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        pytest.param(
            "codec: [h264\ncontainer: mov\n",
            "2:10: JS003: not YAML: while parsing a flow sequence; did not find expected ',' or ']'",
            id="a list without its end",
        ),
        pytest.param(
            "codec: h264\n\tcontainer: mov\n",
            "2:1: JS003: not YAML: while scanning a plain scalar; found a tab character that violates indentation",
            id="a tab as indentation",
        ),
        pytest.param(
            "codec: h264\n container: mov\n",
            "2:11: JS003: not YAML: mapping values are not allowed in this context; a line is indented deeper than the"
            ' one above it, or a value that holds ": " needs quotes',
            id="a line that is indented by chance",
        ),
        pytest.param(
            " codec: h264\ncontainer: mov\n",
            "2:1: JS003: not YAML: did not find expected <document start>; lines that belong together begin in one"
            " column",
            id="a first line that is",
        ),
        pytest.param(
            "codec: h264\ncontainer\nresolution: half\n",
            "3:1: JS003: not YAML: while scanning a simple key; could not find expected ':'; a field is"
            ' "name: value", each on a line of its own',
            id="a field without a value",
        ),
        pytest.param(
            "naming_template: @x\n",
            "1:18: JS003: not YAML: while scanning for the next token; found character that cannot start any token;"
            " a value that begins with it needs quotes, and no tab may indent",
            id="a value that YAML takes for its own",
        ),
        pytest.param(
            "codec: 'h264\n",
            "2:1: JS003: not YAML: while scanning a quoted scalar; found unexpected end of stream",
            id="a quote without its end",
        ),
        pytest.param(
            "a: 1\nü: x\x07y\n",
            "2:5: JS003: not YAML: the character U+0007 cannot stand in it",
            id="a control character",
        ),
        pytest.param("\x00", "1:1: JS003: not YAML: the character U+0000 cannot stand in it", id="a NUL"),
    ],
)
def test_a_syntax_error_comes_in_the_form_of_all_others(written: str, message: str) -> None:
    assert refused(written) == [f"specs/day.yaml:{message}"]


def test_bytes_that_are_no_utf8_are_placed() -> None:
    assert refused("a: 1\nü: ".encode() + b"\xe9t\xe9\n") == [
        "specs/day.yaml:2:4: JS002: is not UTF-8: byte 0xe9 at offset 9; save it as UTF-8"
    ]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[? ", "- - ? "], ids=repr)
def test_sixty_thousand_open_brackets_end_in_one_message_at_once(opening: str) -> None:
    before = time.monotonic()
    assert len(refused(opening * 60_000)) == 1
    assert time.monotonic() - before < 5


def test_nesting_says_how_deep_it_may_be() -> None:
    assert refused("a:\n " + "[" * DEEPEST) == [
        f"specs/day.yaml:2:{DEEPEST + 1}: JS006: this nesting is more than the 32 levels that a spec may have"
    ]
    fine = "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1)
    assert read_yaml(f"a: {fine}".encode(), "f").data


def test_a_bomb_of_anchors_ends_at_the_first() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
    )
    before = time.monotonic()
    assert refused(bomb) == [
        "specs/day.yaml:1:4: JS005: anchors and aliases (& and *) are not allowed in a JobSpec; write the value out"
    ]
    assert refused("a: {<<: [*a, *a], <<: [*a, *a]}\n") == [
        "specs/day.yaml:1:5: JS005: merge keys (<<) are not allowed in a JobSpec; write the value out"
    ]
    assert time.monotonic() - before < 5


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            b"#" * (MOST_BYTES + 1),
            f"1:1: JS006: the file is more than the {MOST_BYTES} bytes that a spec may have",
            id="a file too long",
        ),
        pytest.param(
            b"- x\n" * MOST_NODES,
            f"{MOST_NODES}:3: JS006: the number of values is more than the {MOST_NODES} that a spec may have",
            id="too many values",
        ),
        pytest.param(
            b"a: " + b"x" * (LONGEST_SCALAR + 1),
            f"1:4: JS006: this text is more than the {LONGEST_SCALAR} characters that a spec may have",
            id="one text too long",
        ),
    ],
)
def test_every_limit_is_said_with_its_number(data: bytes, message: str) -> None:
    assert refused(data) == [f"specs/day.yaml:{message}"]


def test_an_empty_file_holds_nothing() -> None:
    document = read_yaml(b"# only a comment\n", "f")
    assert document.data is None
    assert document.place(("codec",)) == Place("f", 1, 1)


@given(st.binary(max_size=200) | st.text(alphabet="ab:-? []{}&*!|>'\"%#,\n\t~<\\0", max_size=80).map(str.encode))
def test_whatever_stands_in_a_file_it_is_read_or_refused_with_a_place(data: bytes) -> None:
    try:
        read_yaml(data, "f")
    except JobSpecValidationError as error:
        assert all(each.place and each.place.file == "f" for each in error.problems)
        assert all(each.place and each.place.line > 0 and each.place.column > 0 for each in error.problems)
        assert "\n" not in "".join(map(str, error.problems))
