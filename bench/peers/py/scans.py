"""NumKong and faiss: one query against many rows.

NumKong's single-pair kernels are called from a compiled loop, so that no Python and no
dispatch stands between two rows: the kernel of each instruction set that the CPU has is a
party of its own. cdist and the packed matrix form are called as the package documents.
"""

import ctypes

import faiss
import numkong as nk
import numpy as np

import common
from common import Calls, Loop, load, pointer, u64

_LIBRARY = ctypes.CDLL(nk._numkong.__file__)
_DOT, _HAMMING = ord("i"), ord("h")  # nk_kernel_dot_k, nk_kernel_hamming_k
_X86 = ("diamond", "graniteamx", "sapphireamx", "sapphire", "turin", "genoa", "icelake", "skylake", "sierra", "alder", "haswell")
_backends = []  # names of what may be used here, and the bit of each


def configure(limit):
    """Holds the peers to a limit and tells what they use of this CPU."""
    faiss.omp_set_num_threads(1)
    if limit == "avx2":
        faiss.SIMDConfig.set_level(faiss.SIMDLevel_AVX2)
    _backends.clear()
    for name, has in nk.get_capabilities().items():
        if has and limit == "avx2" and name in _X86 and name != "haswell":
            nk.disable_capability(name)
        elif has and name != "serial":
            _backends.append((name, _bit(name)))
    level = faiss.SIMDConfig.get_level()
    return {
        "numkong": " ".join(name for name, has in nk.get_capabilities().items() if has),
        "faiss": faiss.SIMDConfig.get_level_name() if hasattr(faiss.SIMDConfig, "get_level_name") else str(level),
    }


def _bit(name):
    """The bit of a capability: what the library's own mask loses when it is disabled."""
    mask = ctypes.c_uint64.in_dll(_LIBRARY, "static_capabilities")
    before = mask.value
    nk.disable_capability(name)
    bit = before & ~mask.value
    nk.enable_capability(name)
    return bit


def _find(kind, dtype, capabilities):
    kernel, capability = ctypes.c_void_p(), ctypes.c_uint64()
    _LIBRARY.nk_find_kernel_punned(ctypes.c_int(kind), ctypes.c_int(dtype), u64(capabilities), ctypes.byref(kernel), ctypes.byref(capability))
    return kernel.value, capability.value


def _dtype(name):
    """NumKong's number of a type: the one under which its public pointer is found."""
    known = nk.pointer_to_dot(name)
    mask = ctypes.c_uint64.in_dll(_LIBRARY, "static_capabilities").value
    for shift in range(24):
        if _find(_DOT, 1 << shift, mask)[0] == known:
            return 1 << shift
    raise LookupError(f"no kernel lookup for {name}")


def _kernel(kind, dtype, bit):
    """The address of the kernel of one instruction set, None where it has none."""
    address, capability = _find(kind, _dtype(dtype), bit)
    return address if capability == bit else None


def backends():
    """The instruction sets with a kernel of their own, by type of the measurements."""
    return {t: [name for name, bit in _backends if _kernel(kind, dtype, bit)] for t, (kind, dtype, _, _) in _TYPES.items()}


# What a measurement calls a type: kernel kind, NumKong's name, storage, result.
_TYPES = {
    "f32": (_DOT, "float32", "f4", "f8"),
    "i8": (_DOT, "int8", "i1", "i4"),
    "bits": (_HAMMING, "uint1", "u1", "u4"),
}


def _data(want):
    """Query and rows of a measurement; rows of bits are dim/8 bytes."""
    storage = _TYPES[want["type"]][2]
    width = want["dim"] // 8 if want["type"] == "bits" else want["dim"]
    return load(want["query"], storage, (1, width)), load(want["rows"], storage, (want["count"], width))


def pairs(want):
    """The single-pair kernel of one backend, in a compiled loop over the rows or, where
    the measurement has ids, over the rows that they name."""
    kind, name, _, result = _TYPES[want["type"]]
    query, rows = _data(want)
    ids = load(want["ids"], "u4", want["picked"]) if "ids" in want else None
    count = len(rows) if ids is None else len(ids)
    out = common.aligned(count, result)
    head = (ctypes.c_void_p(_kernel(kind, name, dict(_backends)[want["backend"]])), pointer(query), pointer(rows), u64(want["dim"]), u64(rows.strides[0]))
    tail = (u64(count), pointer(out), u64(out.itemsize))
    function, middle = common.native.scan_dense, ()
    if ids is not None:
        function, middle = common.native.gather_dense, (pointer(ids),)
    party = Loop(count, function, head + middle + tail, None)
    party.answer = lambda: (party.call(1), out)[1]
    party.keep = (query, rows, ids)
    return party


def cdist(want):
    """numkong.cdist of one query: its Python entry for a whole set of rows. It takes no
    empty set, so its base is one row; for few rows the difference of both is rough."""
    query, rows = _data(want)
    metric = {"bits": ("hamming", {"dtype": "uint1"})}.get(want["type"], ("dot", {}))
    work = lambda some: nk.cdist(query, some, metric[0], **metric[1])
    one = rows[:1]
    return Calls(len(rows), lambda: work(rows), 1, lambda: work(one), lambda: np.asarray(work(rows)).ravel())


def packed(want):
    """The matrix form: rows packed once, outside of the time. Its base is the same call for
    none of the queries. The products of several queries are one item together."""
    kind, name, storage, _ = _TYPES[want["type"]]
    query, rows = _data(want)
    if "queries" in want:
        query = load(want["query"], storage, (want["queries"], want["dim"]))
    pack, multiply = (nk.hammings_pack, nk.hammings_packed) if kind == _HAMMING else (nk.dots_pack, nk.dots_packed)
    all_rows = pack(rows, dtype=name)
    items = 1 if "queries" in want else len(rows)
    return Calls(
        items,
        lambda: multiply(query, all_rows),
        0,
        lambda: multiply(query, all_rows, start_row=0, end_row=0),
        lambda: np.asarray(multiply(query, all_rows)).ravel(),
    )


def rabitq(want):
    """faiss IndexRaBitQFastScan, best row of one query. Both indexes share the centre; the
    small one of 32 rows (one block) costs the same look-up table of the query, which so
    falls out of the difference. The answer is every estimate, from a search for all."""
    query = load(want["query"], "f4", (1, want["dim"]))
    rows = load(want["rows"], "f4", (want["count"], want["dim"]))
    index, base = (faiss.IndexRaBitQFastScan(want["dim"]) for _ in range(2))
    for each, some in ((index, rows), (base, rows[:32])):
        each.train(rows)
        each.add(some)
        each.qb = want["query_bits"]

    def answer():
        distance, row = index.search(query, len(rows))
        out = np.full(len(rows), np.nan)
        out[row[0]] = distance[0]
        return out

    return Calls(len(rows), lambda: index.search(query, 1), 32, lambda: base.search(query, 1), answer)


PARTIES = {"numkong.pairs": pairs, "numkong.cdist": cdist, "numkong.packed": packed, "faiss.rabitq": rabitq}
