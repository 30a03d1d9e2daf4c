"""A kernel that answers as other file systems do: no flags of renameat2 (NFS), or no links either (some FUSE mounts).

    python -m tests.execution.syscalls {nfs|neither} COMMAND…

runs COMMAND below a seccomp filter, so that the real calls of a real process get the real answer.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_FLAGS = 16 + 4 * 8  # the fifth argument in struct seccomp_data; both machines are little-endian
# Numbers of renameat2, link, linkat; where there is no link, linkat twice.
_CALLS = {"x86_64": (316, 86, 265), "aarch64": (276, 37, 37)}


def _refusal(number: int, error: int) -> list[tuple[int, int, int, int]]:
    return [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | error)]


def _program(links: bool) -> list[tuple[int, int, int, int]]:
    """Return a filter that refuses renameat2 with flags (EINVAL), and links (EPERM) unless they shall hold."""
    rename, *linking = _CALLS[platform.machine()]
    refused = [step for number in ([] if links else linking) for step in _refusal(number, errno.EPERM)]
    flagged = [(_EQUAL, 0, 3, rename), (_LOAD, 0, 0, _FLAGS), (_EQUAL, 1, 0, 0), (_RETURN, 0, 0, _ERRNO | errno.EINVAL)]
    return [(_LOAD, 0, 0, 0), *refused, *flagged, (_RETURN, 0, 0, _ALLOW)]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def refuse(links: bool) -> None:
    """Put the filter on this process and all it starts; it cannot be taken off again."""
    steps = _program(links)
    data = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = _Program(len(steps), ctypes.cast(data, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    for call in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*call):
            raise OSError(ctypes.get_errno(), "this kernel has no seccomp filters")


if __name__ == "__main__":
    refuse(links={"nfs": True, "neither": False}[sys.argv[1]])
    os.execvp(sys.argv[2], sys.argv[2:])
