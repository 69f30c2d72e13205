"""A party's side of a contest (see contest/contest.go): lines to the driver, single calls
timed, answers and times left as files. What they are worth is worked out by the driver.

A line is one JSON object on the real standard output; whatever a peer prints goes to
standard error.
"""

import ctypes
import json
import os
import time

import numpy as np

_out = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)
_folder = os.environ["NEXUS_PEERS_FOLDER"]
_files = 0


def tell(step, param="", version="", note="", party="", values=None, **files):
    """Writes a line. values: {name: (value, unit)}."""
    line = {"party": party, "version": version, "step": step, "param": str(param), "note": note, **files}
    line["values"] = {name: {"value": float(v), "unit": unit} for name, (v, unit) in (values or {}).items()}
    _out.write(json.dumps(line) + "\n")


def resident():
    """Resident bytes of this process, files it has mapped included, after freed memory went back."""
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


def disk(path):
    """Bytes of all files below a folder."""
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(path) for name in names)


def _leave(times):
    """Writes times, and returns the name that files of this line share."""
    global _files
    _files += 1
    name = os.path.join(_folder, f"{os.getpid()}-{_files}")
    np.asarray(times, "<f8").tofile(name + ".times")
    return name


def timed(calls, clock=time.perf_counter_ns, **line):
    """Times each of the calls once, and tells a line of it."""
    times = []
    for call in calls:
        start = clock()
        call()
        times.append((clock() - start) / 1e3)
    tell(times=_leave(times) + ".times", passes=1, **line)


WARM, PASSES, BUDGET = 20, 3, 3.0  # as in contest/child.go


def search(ask, questions, width=10, clock=time.process_time_ns, passes=PASSES, budget=BUDGET, **line):
    """Times ask(question) for each question, call after call, and tells a line with the
    answers: up to width row numbers each. Returns the answers and the mean microseconds."""
    for q in questions[:WARM]:
        ask(q)
    answers = np.full((len(questions), width), -1, "<i8")
    times = []
    began = time.monotonic()
    while len(times) < passes and (not times or time.monotonic() - began < budget):
        one = np.empty(len(questions), "<f8")
        for i, q in enumerate(questions):
            start = clock()
            rows = ask(q)
            one[i] = (clock() - start) / 1e3
            rows = rows[:width]
            answers[i] = -1
            answers[i, : len(rows)] = rows
        times.append(one)
    name = _leave(np.concatenate(times))
    answers.tofile(name + ".answers")
    tell(answers=name + ".answers", times=name + ".times", width=width, passes=len(times), **line)
    return answers, float(np.mean(times))
