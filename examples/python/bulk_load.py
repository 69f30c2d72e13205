"""Loads a folder of text and Markdown, a memory a paragraph, and asks it.

    python bulk_load.py DOCUMENTS STORE [QUESTION]

Running it again adds nothing: a paragraph's key is its path and place. A changed paragraph
is refused, as its key is taken; delete the document first.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Iterator

import nexus


def paragraphs(folder: Path) -> Iterator[nexus.Memory]:
    """Every paragraph of every document, with its bytes within it."""
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".md", ".txt")):
        data = path.read_bytes()
        name = str(path.relative_to(folder))
        for number, found in enumerate(re.finditer(rb"\S(?:.*\n)*?.*?(?=\n\s*\n|\s*\Z)", data)):
            text = found[0].decode("utf-8", "replace")
            yield nexus.Memory(text, key=f"{name}#{number}", source=name, start=found.start(), end=found.end(), kind="semantic")


def main(documents: str, store: str, question: str = "") -> None:
    with nexus.open(store) as db:
        ids = db.add(paragraphs(Path(documents)), progress=lambda done, _: print(f"{done} paragraphs", file=sys.stderr))
        print(f"{len(ids)} paragraphs, {db.stats().memories} memories in the store")
        if question:
            for hit in db.query(question, k=3):
                print(f"{hit.score:.2f} {hit.source}:{hit.start}-{hit.end} {hit.text[:70]!r}")


if __name__ == "__main__":
    if not 3 <= len(sys.argv) <= 4:
        sys.exit("usage: bulk_load.py DOCUMENTS STORE [QUESTION]")
    main(*sys.argv[1:])
