"""The errors: one class for each status of the library, all below Error."""

from __future__ import annotations

from . import _core
from ._abi import STATUS

_FAILURE = "[embed failure "  # and the number that embed.c keeps the exception under, and ]


class Error(Exception):
    """What a call came to when it was not done.

    code is the status number, name its name in every language, and retryable says
    whether the same call may succeed later.

    >>> import nexus
    >>> try:
    ...     db.get(999)
    ... except nexus.Error as error:
    ...     print(error.code, error.name, error.retryable)
    2 not found False
    """

    code: int = 20
    name: str = STATUS[20]
    retryable: bool = False

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else self.name


class InvalidError(Error, ValueError):
    """An argument is wrong; the message says which and why."""

    code = 1


class NotFoundError(Error, KeyError):
    """There is no such memory or store."""

    code = 2


class ExistsError(Error):
    """The key is taken by other content."""

    code = 3


class ConflictError(Error):
    """Somebody else changed it meanwhile."""

    code = 4


class BusyError(Error):
    """A queue is full; try again."""

    code = 5


class DeadlineError(Error, TimeoutError):
    """Time ran out."""

    code = 6


class CancelledError(Error):
    """The caller cancelled it. (An await that is cancelled raises asyncio's own error.)"""

    code = 7


class ClosedError(Error, ValueError):
    """The store is closed. A ValueError, as reading from a closed file is."""

    code = 8


class LockedError(Error):
    """Another process has the store open."""

    code = 9


class CorruptError(Error):
    """The store's truth is damaged."""

    code = 10


class ReadOnlyError(Error):
    """The store was opened for reading, or the medium allows no more."""

    code = 11


class NoSpaceError(Error):
    """The disk is full; nothing acknowledged is lost."""

    code = 12


class DimensionError(Error, ValueError):
    """The vector is of another dimension than the store's, or no vector at all."""

    code = 13


class UnsupportedError(Error):
    """This build, machine or store cannot do it."""

    code = 14


class UnauthorisedError(Error):
    """Who are you?"""

    code = 15


class ForbiddenError(Error, PermissionError):
    """You may not."""

    code = 16


class RateLimitedError(Error):
    """Too many requests; try again later."""

    code = 17


class UnavailableError(Error):
    """What is needed cannot be reached, such as an embedder that raised (see __cause__)."""

    code = 18


class ForkedError(Error, RuntimeError):
    """This process was forked from one that uses Nexus; start it by spawn or forkserver."""

    code = 19


class InternalError(Error):
    """A bug of ours; please report the message."""

    code = 20


CLASSES: dict[int, type[Error]] = {c.code: c for c in Error.__subclasses__()}
for _class in CLASSES.values():
    _class.name = STATUS[_class.code]


def make_error(code: int, message: str, retryable: bool) -> Error:
    """The exception of a status. An embedder's exception that the message refers to is its cause."""
    error = CLASSES.get(code, InternalError)(message)
    error.code = code
    error.retryable = retryable
    number = message.partition(_FAILURE)[2].partition("]")[0]
    if number.isdigit():
        error.__cause__ = _core.embed_failure(int(number))
    return error
