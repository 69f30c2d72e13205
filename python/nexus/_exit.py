"""The end of the process, and forks: stores are closed, embedders are called no more.

It is imported when the first store is opened.
"""

from __future__ import annotations

import atexit
import os
import time
from weakref import WeakSet

from . import _core
from ._errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._db import DB

_GRACE = 2.0  # seconds for embedders that run and for stores to close; what was added is durable anyway

_open: WeakSet[DB] = WeakSet()


def watch(db: DB) -> None:
    """Closes a store at the end of the process if it is open then."""
    _open.add(db)


def _close_all() -> None:
    deadline = time.monotonic() + _GRACE
    while _core.embed_refuse() and time.monotonic() < deadline:
        time.sleep(0.002)
    jobs: list[tuple[DB, int]] = []
    for db in list(_open):
        if db.closed:
            continue
        db._closed = True
        try:
            jobs.append((db, db._submit(None, 0, "close")))
        except Error:
            pass  # nothing can be done about it any more
    for db, job in jobs:
        db._wait(job, max(0.0, deadline - time.monotonic()))


def _after_fork() -> None:
    """The stores are the parent's; closing them here would only be refused."""
    _core.after_fork()
    for db in list(_open):
        db._closed = True
    _open.clear()


atexit.register(_close_all)
os.register_at_fork(after_in_child=_after_fork)
