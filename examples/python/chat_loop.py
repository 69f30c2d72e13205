"""A chat with memory and without a language model: what you say is kept, what you ask is answered from it.

    python chat_loop.py [FOLDER] [USER]

A line that ends with a question mark is a question; any other line is remembered. An empty
line or the end of the input ends the chat.
"""

from __future__ import annotations

import sys
from datetime import datetime, timezone

import nexus


def answer(db: nexus.DB, question: str, user: str) -> str:
    """The best passages, or that nothing said so far has a word of the question."""
    hits = [hit for hit in db.query(question, user=user, k=3) if hit.factors.confidence > 0]
    if not hits:
        return "I know nothing about that."
    return "\n".join(f"  {hit.time:%Y-%m-%d} {hit.text}" for hit in hits)


def main(folder: str = "./chat-data", user: str = "me") -> None:
    with nexus.open(folder) as db:
        for line in map(str.strip, sys.stdin):
            if not line:
                break
            if line.endswith("?"):
                print(answer(db, line, user), flush=True)
            else:
                id = db.add(line, user=user, speaker=user, session="chat", time=datetime.now(timezone.utc))
                print(f"  noted, number {id}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
