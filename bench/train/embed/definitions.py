"""Plain English for distill.py: the definitions and examples of WordNet, and their vectors.

    definitions.py DICT DIR PREFIX

DICT has WordNet's data.noun, data.verb, data.adj and data.adv. Every "words: definition" and
every example of four words or more becomes a line of DIR/corpus.jsonl and a row of
PREFIX-corpus.f16 (embed.py has the format). 152,790 texts of WordNet 3.1, five minutes.
"""

import json
import re
import sys
from pathlib import Path

from embed import Encoder, write_files

EXAMPLE_WORDS_MIN = 4


def texts(dictionary: Path) -> list[str]:
    found = []
    for part in ("noun", "verb", "adj", "adv"):
        for line in (dictionary / f"data.{part}").read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):  # the notice
                continue
            fields, gloss = line.split(" | ", 1)
            head = fields.split()
            count = int(head[3], 16)
            names = [re.sub(r"\(.*?\)", "", head[4 + 2 * i]).replace("_", " ") for i in range(count)]
            found.append(f"{', '.join(names)}: {gloss.split('; ' + chr(34))[0].strip()}")
            found += [e for e in re.findall(r'"([^"]+)"', gloss) if len(e.split()) >= EXAMPLE_WORDS_MIN]
    return found


def main(arguments: list[str]) -> None:
    if len(arguments) != 3:
        raise SystemExit(__doc__)
    directory, found = Path(arguments[1]), texts(Path(arguments[0]))
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "corpus.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in found), encoding="utf-8")
    write_files(Encoder(), directory, arguments[2], {"corpus": found})


if __name__ == "__main__":
    main(sys.argv[1:])
