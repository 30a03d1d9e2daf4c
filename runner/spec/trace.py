"""A tree that notes all that it is asked, so that it can be told later whether it would still answer the same."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from runner.spec.tree import Tree

T = TypeVar("T")
# What was asked of a path, with the limit of a reading; the digest of the answer.
Question = tuple[str, str, int]
Asked = tuple[str, str, int, str]
# The digest of no answer: somebody wrote into the repository while it was read.
_CHANGED = ""


@dataclass(frozen=True, slots=True)
class Traced:
    """A tree, and what it answered by now. What is asked through it alone hangs on nothing else in the repository."""

    tree: Tree
    _answers: dict[Question, str] = field(default_factory=dict)

    @property
    def asked(self) -> tuple[Asked, ...]:
        """All questions, each with the digest of its answer."""
        return tuple((*question, answer) for question, answer in self._answers.items())

    def read(self, path: str, limit: int) -> bytes:
        """See Tree."""
        return self._noted(("read", path, limit), lambda: self.tree.read(path, limit), bytes)

    def list(self, folder: str) -> tuple[str, ...]:
        """See Tree."""
        return self._noted(("list", folder, 0), lambda: self.tree.list(folder), _names)

    def holds(self, path: str) -> bool:
        """See Tree."""
        return self._noted(("holds", path, 0), lambda: self.tree.holds(path), _truth)

    def leads_out(self, path: str) -> bool:
        """See Tree."""
        return self._noted(("leads_out", path, 0), lambda: self.tree.leads_out(path), _truth)

    def _noted(self, question: Question, ask: Callable[[], T], written: Callable[[T], bytes]) -> T:
        try:
            answer = ask()
        except OSError as error:
            self._note(question, _refused(error))
            raise
        self._note(question, written(answer))
        return answer

    def _note(self, question: Question, answer: bytes) -> None:
        """Keep the digest of an answer; one that nothing has where it is not the first, for what hangs on which?"""
        digest = _digest(answer)
        self._answers[question] = digest if self._answers.get(question, digest) == digest else _CHANGED


def _names(names: tuple[str, ...]) -> bytes:
    return "\0".join(names).encode("utf-8", "surrogateescape")


def _truth(answer: bool) -> bytes:
    return str(answer).encode()


def _refused(error: OSError) -> bytes:
    return f"{type(error).__name__} {error.errno} {error.strerror}".encode()


def _digest(answer: bytes) -> str:
    return hashlib.sha256(answer).hexdigest()


def still(tree: Tree, asked: Iterable[Asked]) -> bool:
    """Say whether a tree answers everything as it was once answered."""
    again = Traced(tree)
    for kind, path, limit, answer in asked:
        try:
            if kind == "read":
                again.read(path, limit)
            elif kind in ("list", "holds", "leads_out"):
                getattr(again, kind)(path)
        except OSError:
            pass  # noted all the same
        if again._answers.get((kind, path, limit)) != answer:
            return False
    return True
