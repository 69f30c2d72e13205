#!/usr/bin/env python3
"""Makes the data of KIND=vectors: rows, questions, filters, and for each question the score
of the last of the ten best rows, exact to float32.

Rows are halves that were rounded from unit vectors; they are normalised again. Larger sets
are the gloss set over and over, each row moved by Gaussian noise of .35 of its length
(seed 7) and normalised: for scale only, as the copies are neighbours of one kind.
"""

import argparse
import json
import os

import numpy as np

DIM, K, NOISE = 384, 10, 0.35
TURNS = ("locomo", "beam-100k", "beam-1m", "friendsqa", "qmsum")
SHARES = (50, 10, 1, 0.1)  # percent of the rows that a filter lets through


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def read(data, name):
    rows = np.fromfile(os.path.join(data, "vectors", name + ".f16"), "<f2").reshape(-1, DIM)
    return unit(rows.astype("f4"))


def load(data, name):
    """(rows, questions) of turns, gloss, gloss-200k, gloss-1m."""
    if name == "turns":
        return tuple(np.concatenate([read(data, f"{s}-{kind}") for s in TURNS]) for kind in ("corpus", "questions"))
    rows, questions = read(data, "gloss-base"), read(data, "gloss-queries")
    count = {"gloss": 0, "gloss-200k": 200_000, "gloss-1m": 1_000_000}[name]
    return (perturbed(rows, count) if count else rows), questions


def perturbed(rows, count):
    random = np.random.default_rng(7)
    out = np.empty((count, DIM), "f4")
    for start in range(0, count, 8192):
        some = rows[np.arange(start, min(count, start + 8192)) % len(rows)]
        noise = random.standard_normal(some.shape, "f4") * np.float32(NOISE / np.sqrt(DIM))
        out[start : start + len(some)] = unit(some + noise)
    return out


def least(rows, questions, allowed=None):
    """For every question the K-th best score, over the allowed rows."""
    rows = rows if allowed is None else rows[allowed]
    k = min(K, len(rows))
    out = np.empty(len(questions), "f4")
    for start in range(0, len(questions), 128):
        scores = questions[start : start + 128] @ rows.T
        out[start : start + 128] = np.partition(scores, len(rows) - k, axis=1)[:, len(rows) - k]
    return out


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--set", required=True)
    arguments.add_argument("--size", type=int, default=0, help="rows at most, 0 = all")
    arguments.add_argument("--questions", type=int, required=True)
    arguments.add_argument("--out", required=True)
    options = arguments.parse_args()
    rows, questions = load(options.data, options.set)
    random = np.random.default_rng(5)
    if options.size and options.size < len(rows):
        rows = rows[np.sort(random.permutation(len(rows))[: options.size])]
    questions = questions[random.permutation(len(questions))[: options.questions]]
    put = lambda name, values, dtype: values.astype(dtype).tofile(os.path.join(options.out, name))
    put("rows.f32", rows, "<f4")
    put("questions.f32", questions, "<f4")
    put("least.f32", least(rows, questions), "<f4")
    for share in SHARES:
        allowed = np.zeros(len(rows), "u1")
        allowed[random.permutation(len(rows))[: max(1, round(len(rows) * share / 100))]] = 1
        put(f"allowed-{share:g}.u8", allowed, "u1")
        put(f"least-{share:g}.f32", least(rows, questions, allowed.astype(bool)), "<f4")
    with open(os.path.join(options.out, "about.json"), "w") as about:
        json.dump({"rows": len(rows), "questions": len(questions), "dim": DIM, "shares": SHARES}, about)


if __name__ == "__main__":
    main()
