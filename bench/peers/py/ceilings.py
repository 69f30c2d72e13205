"""What this machine can do at most: reading memory, and INT8 multiply-add in registers.
Both are C compiled here, see native.c."""

import ctypes

import numpy as np

import common
from common import Loop, load, pointer, u64

_level = 0


def configure(limit):
    """Chooses the widest loads that the run may use."""
    global _level
    _level = common.native.vector_level()
    if limit == "avx2":
        _level = min(_level, 1)
    return {"read probe": ("64-bit", "256-bit", "512-bit")[_level] + " loads"}


def read_probe(want):
    """Reads as many bytes as the rows of the measurement have, in streams of 1 or 4."""
    size = want["bytes"] // 2048 * 2048
    data = load(want["rows"], "u1", size)
    items = want["count"] * size / want["bytes"]  # the rows that the bytes read amount to
    arguments = (pointer(data), u64(size), u64(want["streams"]), u64(_level))
    return Loop(items, common.native.read_all, arguments, lambda: np.zeros(0))


def multiply_add(want):
    """One sequence of instructions; an item is want["products"] multiplications."""
    products = common.native.multiply_add(u64(want["which"]), u64(0))
    if products == 0 or (want["which"] == 2 and _level < 2):
        raise LookupError("this CPU lacks it, or the run is held below it")
    # A repetition of a few nanoseconds would make the caller's cost visible: 4096 are one.
    def run(reps):
        common.native.multiply_add(u64(want["which"]), u64(4096 * reps.value))

    return Loop(4096 * products / want["products"], run, (), lambda: np.zeros(0))


PARTIES = {"read": read_probe, "multiply_add": multiply_add}
