"""A reader that goes away is no reason to stop; a disk that is full is one to say so."""

import os
import pty

import pytest

from runner.report.reader import reader_may_be_gone


def test_a_closed_pipe_is_passed_over() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with reader_may_be_gone():
        os.write(writing, b"anyone?")
    os.close(writing)


def test_a_closed_terminal_is_passed_over() -> None:
    master, slave = pty.openpty()
    os.close(master)
    with reader_may_be_gone():
        os.write(slave, b"anyone?")
    os.close(slave)


def test_a_full_disk_is_not() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(OSError, match="No space left"), reader_may_be_gone():
        os.write(full, b"anyone?")
    os.close(full)
