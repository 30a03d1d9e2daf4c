"""Places: below a root, absolute, or relative to the repository."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import JobspecError
from runner.spec.location import Location, Mounts, is_location, parse_location, variable


@pytest.mark.parametrize(
    ("text", "root", "path"),
    [
        pytest.param("media:day03/A001.mov", "media", "day03/A001.mov", id="below a root"),
        pytest.param("/mnt/card/B002.mxf", None, "/mnt/card/B002.mxf", id="absolute"),
        pytest.param("clips/a.mov", "repo", "clips/a.mov", id="relative to the repository"),
        pytest.param("repo:clips/a.mov", "repo", "clips/a.mov", id="the repository by its name"),
        pytest.param("media:", "media", "", id="the root itself"),
        pytest.param("media:./a//b/", "media", "a/b", id="with needless parts"),
        pytest.param("C:a.mov", "repo", "C:a.mov", id="one letter is no root"),
        pytest.param("media:a:b.mov", "media", "a:b.mov", id="a colon in a name"),
        pytest.param("media:-x 'y' $z\n.mov", "media", "-x 'y' $z\n.mov", id="an odd name"),
        pytest.param("media:..mov", "media", "..mov", id="a name that begins with dots"),
    ],
)
def test_a_place_is(text: str, root: str | None, path: str) -> None:
    assert parse_location(text) == Location(root, path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "it is empty", id="nothing"),
        pytest.param("media:a\0b", "it holds a NUL", id="a NUL"),
        pytest.param("media:../a", '".." and a leading "/" would leave the root', id="out of the root"),
        pytest.param("media:a/../../b", '".." and a leading "/" would leave the root', id="out of it by a detour"),
        pytest.param("../a.mov", '".." and a leading "/" would leave the root', id="out of the repository"),
        pytest.param("media:/etc/passwd", '".." and a leading "/" would leave the root', id="absolute below a root"),
        pytest.param("http://host/a.mov", '".." and a leading "/" would leave the root', id="an address of the web"),
        pytest.param("media:\udce9.mov", "it is not UTF-8", id="bytes that are no UTF-8"),
    ],
)
def test_a_place_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        parse_location(text)
    assert not is_location(text)


@given(st.text(max_size=40) | st.from_regex(r"\A[a-z]{0,3}:?/?[./a-z:\n]{0,12}\Z"))
def test_a_place_that_is_written_out_is_read_back_as_the_same(text: str) -> None:
    if is_location(text):
        location = parse_location(text)
        assert parse_location(str(location)) == location


@given(st.from_regex(r"\A(media:)?[./a-z]{1,12}\Z"))
def test_no_place_below_a_root_leaves_it(text: str) -> None:
    if is_location(text) and parse_location(text).root:
        bound = Mounts({"media": Path("/m"), "repo": Path("/m")}).bind(parse_location(text))
        assert Path("/m") in (bound, *bound.parents)
        assert ".." not in bound.parts


def test_a_place_gets_its_folder_as_late_as_possible() -> None:
    mounts = Mounts({"media": Path("/mnt/a")})
    assert mounts.bind(parse_location("media:x/y.mov")) == Path("/mnt/a/x/y.mov")
    assert mounts.bind(parse_location("/abs/y.mov")) == Path("/abs/y.mov")


def test_a_root_that_is_not_mounted_says_how_to_mount_it() -> None:
    with pytest.raises(JobspecError) as caught:
        Mounts().bind(parse_location("cam-c:x.mov"))
    assert str(caught.value) == (
        'JS051: the root "cam-c" is not mounted here; set JOBSPEC_ROOT_CAM_C=FOLDER or pass --root cam-c=FOLDER'
    )
    assert caught.value.exit == 75


def test_the_variable_of_a_root_is_its_name_in_capitals() -> None:
    assert variable("cam-c") == "JOBSPEC_ROOT_CAM_C"


@pytest.mark.parametrize(
    ("place", "expected"),
    [("proxies:out", "proxies:out/a/b.mov"), ("/out", "/out/a/b.mov"), ("proxies:", "proxies:a/b.mov")],
)
def test_a_name_is_put_below_a_place(place: str, expected: str) -> None:
    assert str(parse_location(place) / "a/b.mov") == expected
