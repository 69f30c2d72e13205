"""Shared by the parties: data of the driver in aligned memory, the compiled helper, and
the two shapes that a party has."""

import ctypes
import mmap
import os
import subprocess

import numpy as np

native = None
_loaded = {}
_HUGE = 2 << 20


def compile_native(folder):
    """Compiles native.c; without a C compiler nothing here can be measured fairly."""
    global native
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "native.c")
    library = os.path.join(folder, "native.so")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
    native = ctypes.CDLL(library)
    native.multiply_add.restype = native.vector_level.restype = ctypes.c_uint64


def aligned(shape, dtype):
    """An array that starts on a huge page, as the driver's own memory does."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    block = mmap.mmap(-1, size + 2 * _HUGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    block.madvise(mmap.MADV_HUGEPAGE)
    whole = np.frombuffer(block, dtype="u1")
    start = -whole.ctypes.data % _HUGE
    return whole[start : start + size].view(dtype).reshape(shape)


def load(path, dtype, shape):
    """The first values of a file of the driver, as an array of that shape. What was read
    is kept until the last party is closed: the parties of a measurement share it."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if path not in _loaded or len(_loaded[path]) < size:
        whole, read = aligned(size, "u1"), 0
        with open(path, "rb", buffering=0) as file:
            while read < size and (n := file.readinto(memoryview(whole)[read:])):
                read += n
        if read < size:
            raise EOFError(f"{path} has {read} bytes, want {size}")
        _loaded[path] = whole
    return _loaded[path][:size].view(dtype).reshape(shape)


def forget():
    _loaded.clear()


def pointer(array):
    return ctypes.c_void_p(array.ctypes.data)


def u64(value):
    return ctypes.c_uint64(int(value))


class Calls:
    """A party whose work is a Python call. base is the same call with base_items items:
    the difference of both over the difference of the items is what one item costs."""

    def __init__(self, items, work, base_items, base, answer):
        self.items, self.base_items = items, base_items
        self._work, self._base, self.answer = work, base, answer

    def call(self, reps):
        work = self._work
        for _ in range(reps):
            work()

    def base(self, reps):
        base = self._base
        for _ in range(reps):
            base()


class Loop:
    """A party whose repetitions run in compiled code: function(*arguments, reps). Its
    caller costs one call for all of them, which base measures."""

    base_items = 0

    def __init__(self, items, function, arguments, answer):
        self.items, self._function, self._arguments = items, function, arguments
        self.answer = answer

    def call(self, reps):
        self._function(*self._arguments, u64(reps))

    def base(self, _):
        self._function(*self._arguments, u64(0))
