"""Arguments as values, and what a machine makes of them."""

from pathlib import Path

import msgspec
import pytest

from runner import canonical
from runner.errors import Exit, JobspecError
from runner.plan.arguments import ENVIRONMENT, Arg, Binding, Input, Threads, Written, bind
from runner.spec.location import Mounts

HERE = Binding(Mounts({"media": Path("/mnt/a b")}), Path("/opt/ffmpeg"), (Path("/mnt/out/work"),), 3)


@pytest.mark.parametrize(
    ("argument", "bound"),
    [
        ("-xerror", "-xerror"),
        (Input(location="media:day 1/a.mov"), "file:/mnt/a b/day 1/a.mov"),
        (Input(location="/card/-i.mov"), "file:/card/-i.mov"),
        (Input(location="media:it's $HOME\n`id`.mov"), "file:/mnt/a b/it's $HOME\n`id`.mov"),
        (Written(name="output.mov"), "file:/mnt/out/work/output.mov"),
        (Threads(), "3"),
    ],
    ids=["literal", "source below a root", "absolute source", "source with an odd name", "output", "threads"],
)
def test_an_argument_becomes_text_on_a_machine(argument: Arg, bound: str) -> None:
    assert bind([argument], HERE) == ("/opt/ffmpeg", bound)


def test_a_literal_that_looks_like_a_place_is_left_as_it_is() -> None:
    assert bind(["media:a.mov", "{input}", "$work"], HERE)[1:] == ("media:a.mov", "{input}", "$work")


def test_a_root_that_is_not_mounted_is_named_with_both_ways_to_mount_it() -> None:
    with pytest.raises(JobspecError) as caught:
        bind([Input(location="cards:a.mov")], HERE)
    assert caught.value.exit is Exit.TRY_AGAIN
    assert "set JOBSPEC_ROOT_CARDS=FOLDER or pass --root cards=FOLDER" in str(caught.value)


def test_arguments_come_back_from_json_as_the_values_they_were() -> None:
    every: tuple[Arg, ...] = ("-i", Input(location="media:a.mov"), "-threads", Threads(), Written(name="output.mov"))
    written = canonical.encode(every)
    assert canonical.decode(written, tuple[Arg, ...]) == every
    assert b"/mnt" not in written


def test_an_argument_of_a_kind_that_nobody_knows_is_not_read() -> None:
    with pytest.raises(msgspec.ValidationError):
        canonical.decode(b'[{"is":"secret","location":"media:a.mov"}]', tuple[Arg, ...])


def test_every_ffmpeg_counts_in_the_c_locale_and_svt_av1_does_not_greet() -> None:
    assert dict(ENVIRONMENT) == {"LC_ALL": "C", "SVT_LOG": "1"}
