"""Canonical JSON: one form for one value, and digests that hang on nothing else."""

import hashlib
import importlib
import pkgutil
import typing
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import runner
from runner.canonical import Value, decode, decode_lines, digest, encode, plain, short
from runner.execution import cluster


class Sample(Value):
    """A value as plans and records are."""

    name: str
    rate: Fraction | None = None
    count: int = 0
    names: tuple[str, ...] = ()


def test_keys_are_sorted_and_nothing_is_written_that_need_not_be() -> None:
    assert encode(Sample(name="ä\n", rate=Fraction(24000, 1001))) == '{"name":"ä\\n","rate":"24000/1001"}'.encode()
    assert encode({"b": 1, "a": [True, None, "x"]}) == b'{"a":[true,null,"x"],"b":1}'


def test_a_rate_is_a_fraction_also_when_it_is_whole() -> None:
    assert encode(Fraction(25)) == b'"25/1"'
    assert decode(b'"25/1"', Fraction) == 25


def test_a_field_that_holds_its_default_changes_no_digest() -> None:
    class Later(Value):
        name: str
        rate: Fraction | None = None
        count: int = 0
        names: tuple[str, ...] = ()
        added: str | None = None

    assert digest(Later(name="x")) == digest(Sample(name="x"))
    assert digest(Later(name="x", added="y")) != digest(Sample(name="x"))


@given(
    st.builds(
        Sample,
        name=st.text(),
        rate=st.none() | st.fractions(),
        count=st.integers(-(2**53), 2**53),
        names=st.lists(st.text(), max_size=3).map(tuple),
    )
)
def test_a_value_comes_back_as_itself_and_as_the_same_bytes(value: Sample) -> None:
    assert decode(encode(value), Sample) == value
    assert encode(decode(encode(value), Sample)) == encode(value)
    assert encode(plain(value)) == encode(value)


@given(st.dictionaries(st.text(max_size=4), st.integers(-5, 5) | st.text(max_size=4), max_size=6))
def test_the_order_in_which_keys_came_decides_nothing(data: dict[str, object]) -> None:
    assert digest(dict(reversed(data.items()))) == digest(data)


def test_a_digest_is_the_tagged_sha256_of_the_bytes() -> None:
    expected = hashlib.sha256(b'{"name":"x"}').hexdigest()
    assert digest(Sample(name="x")) == f"sha256:{expected}"
    assert short(Sample(name="x")) == expected[:32]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"name":"x","odd":1}', id="a field that there is not"),
        pytest.param('{"count":1}', id="a field that is missing"),
        pytest.param('{"name":5}', id="a value of another type"),
        pytest.param('{"name":"x","rate":"1/0"}', id="a fraction by nothing"),
        pytest.param('{"name":"x","rate":"1"}', id="a fraction without its denominator"),
        pytest.param('{"name":"x","rate":23.976}', id="a float for a rate"),
        pytest.param('{"name":"x"', id="half a line"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_does_not_fit_is_refused_by_one_exception(text: str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode(text, Sample)


@pytest.mark.parametrize(
    "text",
    [
        b'{"name":"x"}\n\n{"name":"y"}\n',
        b'{"name":\n"x"}\n',
        b'{"name":"x"} {"name":"y"}\n',
        b'{"name":"x"}',
        b'{"name":\n"x"}\n{"name":"x"}{"name":"y"}\n',
    ],
    ids=[
        "an empty line",
        "a value on two lines",
        "two values on a line",
        "a line without an end",
        "a line too many and one too few",
    ],
)
def test_lines_that_hold_other_than_one_value_each_are_refused(text: bytes) -> None:
    assert decode_lines(b'{"name":"x"}\n{"name":"y"}\n', Sample) == [Sample(name="x"), Sample(name="y")]
    with pytest.raises(msgspec.MsgspecError):
        decode_lines(text, Sample)


@pytest.mark.parametrize(
    "value", [object(), {1, 2}.__iter__(), 1j], ids=["an object", "an iterator", "a complex number"]
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="has no canonical form"):
        encode(value)


# Needs Dask, which is not installed here, and writes no values: its modules have no Value in their texts.
CLUSTER = "runner.execution.cluster."


def test_what_needs_dask_defines_no_value() -> None:
    texts = [path.read_text() for path in Path(cluster.__file__).parent.glob("*.py")]
    assert len(texts) > 1
    assert [text for text in texts if "(Value" in text] == []


def value_types() -> list[type[Value]]:
    """Return every Value of the package."""
    for module in pkgutil.walk_packages(runner.__path__, "runner."):
        if module.name != "runner.__main__" and not module.name.startswith(CLUSTER):
            importlib.import_module(module.name)
    waiting, found = [Value], []
    while waiting:
        below = [each for each in waiting.pop().__subclasses__() if each.__module__.startswith("runner.")]
        waiting += below
        found += below
    return found


def parts(annotation: object) -> set[object]:
    """Return a type and all types in its brackets."""
    return {annotation}.union(*(parts(each) for each in typing.get_args(annotation)))


def test_no_value_of_the_package_holds_a_float() -> None:
    assert len(value_types()) > 5
    for each in value_types():
        for field in msgspec.structs.fields(each):
            assert float not in parts(field.type), f"{each.__name__}.{field.name}"


def test_only_defaults_that_there_is_one_of_may_be_left_out() -> None:
    alone = (None, False, True, 0, ())
    for each in value_types():
        for field in msgspec.structs.fields(each):
            if field.default is not msgspec.NODEFAULT:
                assert any(field.default is one for one in alone), f"{each.__name__}.{field.name} = {field.default!r}"
            assert field.default_factory is msgspec.NODEFAULT, f"{each.__name__}.{field.name}"
