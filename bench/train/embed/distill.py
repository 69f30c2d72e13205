"""The table of the built-in embedder: what words mean, without the model that knows it.

    distill.py --out FILE DIR,PREFIX ...

Every word of the vocabulary goes through the model alone, is projected to DIM numbers and
weighed by how rare it is (Arora, Liang and Ma 2017, "A simple but tough-to-beat baseline for
sentence embeddings", section 3; of a model's own words: Tulkens and van Dongen 2024,
model2vec). Then a ridge regression moves the words so that the sum of a text's words comes
nearest to the model's vector of the text, for the texts of DIR/corpus.jsonl and, where it
is there, DIR/questions.jsonl, whose vectors are PREFIX-corpus.f16 and PREFIX-questions.f16
(embed.py, definitions.py).

The vocabulary are the words that the texts have twice or more, the most frequent first, but
for names: words that begin with a capital where no sentence begins. They would draw a
question's vector to whoever it names. The same texts and packages give the same file on the
same CPU, which engine/embed/words.go reads:

    "NXWORDS1"  u32 words  u32 dim
    words       u8 length, bytes; ascending
    scales      u16, a word
    codes       4 bits, [word][dim], even ones low: (code - 8) x scale is the word's part of a sum
"""

import argparse
import collections
import re
import struct
from pathlib import Path

import numpy as np
from scipy import sparse

from embed import Encoder, rows

VOCABULARY = 16_000
DIM = 64
NAME = 0.8  # share of capitals from which on a word is a name
REPEATED = 8  # a word that comes more often counts as one that comes so often
RARE = 1e-3  # a of the paper: how frequent a word is that counts half
RIDGE = 3.0
ROUNDS = 40  # of conjugate gradients
SCALE_MAX = 65535
CODE_MAX = 7

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def words(text: str) -> list[str]:
    """What engine/embed/words.go makes of a text."""
    return WORD.findall(text.lower().replace("’", "'"))


class Texts:
    """Counts of words in texts, and the model's vectors of these."""

    def __init__(self, sources: list[str]) -> None:
        self.counts: list[collections.Counter] = []
        self.total, self.inner, self.capital = (collections.Counter() for _ in range(3))
        vectors = []
        for source in sources:
            directory, _, prefix = source.partition(",")
            for name, key in (("corpus", "text"), ("questions", "question")):
                path = Path(directory) / f"{name}.jsonl"
                if path.exists():
                    lines = rows(path)
                    self.take([line[key] for line in lines])
                    own = np.fromfile(f"{prefix}-{name}.f16", "<f2").reshape(len(lines), -1)
                    vectors.append(own.astype(np.float64))
        self.vectors = np.concatenate(vectors)

    def take(self, texts: list[str]) -> None:
        for text in texts:
            own = collections.Counter(words(text))
            self.counts.append(own)
            self.total.update(own)
            for found in WORD.finditer(text):
                before = text[max(0, found.start() - 2) : found.start()]
                if before[:1].isalnum() or before == ", ":  # no sentence begins here
                    word = found.group().lower()
                    self.inner[word] += 1
                    self.capital[word] += found.group()[0].isupper()

    def is_name(self, word: str) -> bool:
        return self.capital[word] >= NAME * max(1, self.inner[word])

    def vocabulary(self) -> list[str]:
        order = sorted(self.total.items(), key=lambda item: (-item[1], item[0]))
        return [w for w, n in order if n >= 2 and len(w.encode()) < 256 and not self.is_name(w)][:VOCABULARY]


def start(vectors: np.ndarray, counts: np.ndarray, texts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows of words by the model alone, and the basis that they and texts are projected on."""
    share = (counts + 1) / (counts + 1).sum()
    centred = vectors - (vectors * share[:, None]).sum(0)
    centred -= centred.mean(0)
    spread = np.zeros((vectors.shape[1], vectors.shape[1]))
    for part in (centred, texts):
        spread += part.T @ part / (part**2).sum()
    basis = np.linalg.eigh(spread)[1][:, ::-1][:, :DIM]
    return (centred @ basis) * (RARE / (RARE + share))[:, None], basis


def regress(table: np.ndarray, features: sparse.csr_matrix, wanted: np.ndarray) -> np.ndarray:
    """The table that brings the sums of its rows nearest to what is wanted, by conjugate gradients."""
    lengths = np.linalg.norm(features @ table, axis=1)
    scaled = sparse.diags(1 / np.where(lengths == 0, 1, lengths)) @ features
    rest = scaled.T @ (wanted - scaled @ table)
    move, step, square = np.zeros_like(table), rest.copy(), (rest**2).sum(0)
    for _ in range(ROUNDS):
        image = scaled.T @ (scaled @ step) + RIDGE * step
        rate = square / np.maximum((step * image).sum(0), 1e-30)
        move += rate * step
        rest -= rate * image
        square, before = (rest**2).sum(0), square
        step = rest + square / np.maximum(before, 1e-30) * step
    return table + move


def unit(matrix: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix / np.where(lengths == 0, 1, lengths)


def write(path: Path, names: list[str], table: np.ndarray) -> None:
    order = sorted(range(len(names)), key=lambda i: names[i].encode())
    table = table[order]
    steps = np.abs(table).max(1) / CODE_MAX
    unit_step = steps.max() / SCALE_MAX
    scales = np.maximum(1, np.rint(steps / unit_step))
    codes = np.clip(np.rint(table / (scales * unit_step)[:, None]), -CODE_MAX, CODE_MAX)
    with path.open("wb") as out:
        out.write(b"NXWORDS1" + struct.pack("<II", *table.shape))
        for i in order:
            name = names[i].encode()
            out.write(bytes([len(name)]) + name)
        out.write(scales.astype("<u2").tobytes())
        nibbles = (codes + 8).astype("u1")
        out.write((nibbles[:, ::2] | nibbles[:, 1::2] << 4).tobytes())


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("sources", nargs="+", metavar="DIR,PREFIX")
    given = arguments.parse_args()
    texts = Texts(given.sources)
    names = texts.vocabulary()
    place = {w: i for i, w in enumerate(names)}
    wanted = texts.vectors - texts.vectors.mean(0)
    counts = np.array([texts.total[w] for w in names], np.float64)
    table, basis = start(Encoder().encode(names).astype(np.float64), counts, wanted)
    entries = [
        (text, place[word], 1 + np.log(min(n, REPEATED)))
        for text, own in enumerate(texts.counts)
        for word, n in own.items()
        if word in place
    ]
    row, column, value = zip(*entries)
    features = sparse.csr_matrix((value, (row, column)), shape=(len(texts.counts), len(names)))
    wanted = unit(wanted @ basis)
    print(f"{len(names)} words, {len(texts.counts)} texts", flush=True)
    print(f"mean cosine with the model's: {(unit(features @ table) * wanted).sum(1).mean():.3f}", flush=True)
    table = regress(table, features, wanted)
    print(f"after the regression: {(unit(features @ table) * wanted).sum(1).mean():.3f}", flush=True)
    write(given.out, names, table)


if __name__ == "__main__":
    main()
