"""Examples in docstrings, in the README and in examples/ do what they say."""

from __future__ import annotations

import doctest
import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import nexus

HERE = Path(__file__).resolve()
EXAMPLES = HERE.parents[2] / "examples/python"
README = HERE.parents[1] / "README.md"


def modules() -> list[ModuleType]:
    optional = {"nexus.langchain", "nexus.llamaindex"}
    names = [f"nexus.{m.name}" for m in pkgutil.iter_modules(nexus.__path__)]
    return [nexus, *(importlib.import_module(name) for name in names if name not in optional)]


def examples() -> list[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    return [test for module in modules() for test in finder.find(module) if test.examples]


@pytest.mark.parametrize("test", examples(), ids=lambda test: test.name)
def test_docstring(test: doctest.DocTest, db: nexus.DB, tmp_path: Path) -> None:
    db.add(["Ann moved to Oslo in May.", "Bob likes walnuts."])
    test.globs |= {"db": db, "folder": str(tmp_path)}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    output: list[str] = []
    runner.run(test, out=output.append)
    assert runner.failures == 0, "".join(output)


def test_the_verbs_have_examples() -> None:
    names = {test.name.rpartition(".")[2] for test in examples()}
    assert {"open", "add", "add_columns", "list", "verify", "Answer", "Hit", "Record", "Memory", "Error", "Embedding"} <= names


def test_everything_public_is_documented() -> None:
    public = {name: getattr(nexus, name) for name in nexus.__all__}
    assert [name for name, value in public.items() if isinstance(value, type) or inspect.isroutine(value) if not value.__doc__] == []
    assert [name for name in dir(nexus.DB) if not name.startswith("_") and not getattr(nexus.DB, name).__doc__] == []


def test_the_readmes_programs_run(tmp_path: Path) -> None:
    programs = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.S)
    asynchronous = "import asyncio, nexus\nasync def main():\n" + re.sub(r"(?m)^", "    ", programs[1]) + "\n    return answer\nasyncio.run(main())"
    for program in (programs[0], asynchronous):
        done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr


def run(name: str, *args: str | Path, text: str = "") -> str:
    command = [sys.executable, "-X", "dev", str(EXAMPLES / name), *map(str, args)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=30, env=os.environ)
    assert done.returncode == 0 and "Warning" not in done.stderr, done.stderr
    return done.stdout


def test_chat_loop_remembers_between_runs(path: str) -> None:
    assert run("chat_loop.py", path, text="Ann moved to Oslo.\nBob likes walnuts.\n") == "  noted, number 1\n  noted, number 2\n"
    out = run("chat_loop.py", path, text="Who moved to Oslo?\nWhat about zebras?\n\nnot reached?\n").splitlines()
    assert len(out) == 2 and out[0].endswith("Ann moved to Oslo.") and out[1] == "I know nothing about that."


def test_bulk_load_loads_a_folder_once(tmp_path: Path) -> None:
    documents = tmp_path / "docs"
    (documents / "deep").mkdir(parents=True)
    (documents / "a.md").write_text("# Title\n\nFirst line,\nsecond line.\n\n\nAbout walnuts.\n")
    (documents / "deep/b.txt").write_text("Ünïcode about tea")
    for _ in range(2):
        out = run("bulk_load.py", documents, tmp_path / "store", "walnuts")
        assert out.startswith("4 paragraphs, 4 memories") and "a.md:36-50 'About walnuts.'" in out
    with nexus.open(tmp_path / "store", read_only=True) as db:
        for record in db.list():
            assert (documents / record.source).read_bytes()[record.start : record.end].decode() == record.text


def test_own_embedder_prints_the_best_first(path: str) -> None:
    assert run("own_embedder.py", path).splitlines()[0].endswith("Bob likes walnuts.")


def test_the_typical_use_that_is_type_checked_runs(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "dev", str(HERE.parent / "typed.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and "Warning" not in done.stderr, done.stderr
