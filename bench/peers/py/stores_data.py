#!/usr/bin/env python3
"""Makes the data of KIND=stores: turns with vectors and what is known of each, questions
with the turns that hold their evidence, and the score of each question's tenth best turn.
The last EXTRA turns are kept back, to be added one by one."""

import argparse
import json
import os

import numpy as np
import vectors_data

EXTRA = 300
FIELDS = ("conv", "session", "speaker", "time", "text")


def jsonl(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--size", type=int, default=0)
    arguments.add_argument("--questions", type=int, required=True)
    arguments.add_argument("--out", required=True)
    options = arguments.parse_args()
    turns, asked = [], []
    for folder in vectors_data.TURNS:
        turns += jsonl(os.path.join(options.data, folder, "corpus.jsonl"))
        asked += jsonl(os.path.join(options.data, folder, "questions.jsonl"))
    rows, questions = vectors_data.load(options.data, "turns")
    said = [i for i, turn in enumerate(turns) if str(turn.get("text") or "").strip()]  # a few turns are empty
    turns, rows = [turns[i] for i in said], rows[said]
    if options.size:
        turns, rows = turns[: options.size], rows[: options.size]
    kept = len(turns) - EXTRA
    place = {turn["id"]: i for i, turn in enumerate(turns[:kept])}
    evidence = [[place[e] for e in q.get("evidence") or [] if e in place] for q in asked]
    picked = np.random.default_rng(5).permutation([i for i, e in enumerate(evidence) if e])[: options.questions]
    at = lambda name: os.path.join(options.out, name)
    with open(at("turns.jsonl"), "w", encoding="utf-8") as file:
        for turn in turns:
            file.write(json.dumps({field: str(turn.get(field) or "") for field in FIELDS}) + "\n")
    with open(at("questions.jsonl"), "w", encoding="utf-8") as file:
        for i in picked:
            file.write(json.dumps({"question": asked[i]["question"], "evidence": evidence[i]}) + "\n")
    rows.astype("<f4").tofile(at("turns.f32"))
    questions[picked].astype("<f4").tofile(at("questions.f32"))
    vectors_data.least(rows[:kept], questions[picked]).astype("<f4").tofile(at("least.f32"))


if __name__ == "__main__":
    main()
