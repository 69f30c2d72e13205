"""MinHash of rensa and datasketch, 128 values, from tokens and from their hashes.

An item is the sketch of one document. The documents are sketched in one call; base is the
same call with one document. The answer of a party is the estimated similarity of each pair
of documents, of which the driver knows the exact one: a party that is biased is not timed.
"""

import zlib

import datasketch
import numpy as np
import rensa

from common import Calls

VALUES, SEED = 128, 42
_R, _C, _M = rensa.RMinHash, rensa.CMinHash, datasketch.MinHash


def _documents(path):
    """One document a line, tokens between blanks, as lists of bytes."""
    with open(path, "rb") as file:
        return [line.split() for line in file]


def _text(documents):
    return [[token.decode() for token in d] for d in documents]


def _flat(documents):
    """rensa's own hashes of all tokens in one buffer, with the offsets of the documents."""
    hashes = _R.hash_token_sets(documents)
    offsets = np.concatenate(([0], np.cumsum([len(h) for h in hashes])))
    return np.concatenate([np.array(h, "u8") for h in hashes]), offsets.astype("u8")


def _crc(documents):
    """Hashes as Python integers, which is what datasketch takes."""
    return [[zlib.crc32(token) for token in d] for d in documents]


def _bulk(documents, **how):
    return _M.bulk(documents, num_perm=VALUES, **how)


# kind: (what is made of the documents outside of the time, the timed call)
_KINDS = {
    "rensa R bytes": (list, lambda d: _R.digest_matrix_from_token_byte_sets(d, VALUES, SEED)),
    "rensa R text": (_text, lambda d: _R.digest_matrix_from_token_sets(d, VALUES, SEED)),
    "rensa R objects": (list, lambda d: _R.from_token_sets(d, VALUES, SEED)),
    "rensa R rho": (_text, lambda d: _R.digest_matrix_from_token_sets_rho(d, VALUES, SEED)),
    "rensa C": (_text, lambda d: _C.digests_from_token_sets(d, VALUES, SEED)),
    "datasketch sha1": (list, _bulk),
    "datasketch crc32": (list, lambda d: _bulk(d, hashfunc=zlib.crc32)),
    "rensa R hashed": (_flat, lambda d: _R.digest_matrix_from_flat_token_hashes(*d, VALUES, SEED)),
    "rensa R rho hashed": (_flat, lambda d: _R.digest_matrix_from_flat_token_hashes_rho(*d, VALUES, SEED)),
    "datasketch hashed": (_crc, lambda d: _bulk(d, hashfunc=int)),
}


def _rows(sketches):
    """Any of the results as one array, a row a document."""
    if hasattr(sketches, "to_rows"):
        sketches = sketches.to_rows()
    if hasattr(sketches[0], "hashvalues"):
        sketches = [s.hashvalues for s in sketches]
    elif hasattr(sketches[0], "digest"):
        sketches = [s.digest() for s in sketches]
    return np.asarray(sketches, dtype="u8")


def sketch(want):
    prepare, call = _KINDS[want["kind"]]
    documents = _documents(want["documents"])[: want["count"]]
    many, one = prepare(documents), prepare(documents[:1])

    def answer():
        rows = _rows(call(prepare(_documents(want["pairs"]))))
        return (rows[0::2] == rows[1::2]).mean(axis=1)

    return Calls(len(documents), lambda: call(many), 1, lambda: call(one), answer)


PARTIES = {"sketch": sketch}
