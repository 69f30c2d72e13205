"""An embedder of your own. Here it counts letters; yours calls a model.

    python own_embedder.py [FOLDER]

Any callable from a list of str to rows of numbers will do, such as SentenceTransformer.encode:

    nexus.open(path, embedder=nexus.Embedding(model.encode, name="all-minilm-l6-v2", dim=384))
"""

from __future__ import annotations

import sys
import tempfile

import nexus


class Letters:
    """A vector a text: how often each letter is in it. Its name says which model and version it is."""

    name = "letters-v1"
    dim = 26

    def __call__(self, texts: list[str]) -> list[list[float]]:
        return [[text.lower().count(chr(ord("a") + i)) + 1e-3 for i in range(self.dim)] for text in texts]


def main(folder: str) -> None:
    with nexus.open(folder, embedder=Letters()) as db:
        db.add(["Ann moved to Oslo in May.", "Bob likes walnuts.", "The tide is out."])
        for hit in db.query("nuts and walls", engines=["vector"], single_engine=True):
            print(f"{hit.score:.2f} {hit.text}")
        print(db.stats().vectors)


if __name__ == "__main__":
    main(*sys.argv[1:] or [tempfile.mkdtemp()])
