#!/usr/bin/env python3
"""The Python side of bench/peers: one process that the Go driver commands over pipes.

A request and its reply are one JSON object a line. `hello` tells versions and what the
peers use of this CPU; `open` makes a party and writes its answer, as float64 values, to a
file for the driver to check; `run` repeats the party's call and replies with processor
time; `close` forgets it. Nothing but requests is read, nothing but replies is written to
the real standard output: what libraries print goes to standard error.
"""

import gc
import json
import os
import sys

# One thread for everybody; this must stand before the first import of a peer.
for name in ("OMP", "OPENBLAS", "MKL", "RAYON"):
    os.environ[name + "_NUM_THREADS"] = "1"

import argparse
import importlib.metadata
import platform
import signal
import time

import ceilings
import common
import scans
import sketches
import trees

PARTIES = {**ceilings.PARTIES, **scans.PARTIES, **sketches.PARTIES, **trees.PARTIES}
PACKAGES = ("numkong", "faiss-cpu", "rensa", "datasketch", "lightgbm", "numpy")


def hello(request):
    """Versions and instruction sets. `limit` is "avx2" where the own side is held to it."""
    uses = {**scans.configure(request["limit"]), **ceilings.configure(request["limit"])}
    versions = {p: importlib.metadata.version(p) for p in PACKAGES}
    return {"python": platform.python_version(), "versions": versions, "uses": uses, "backends": scans.backends()}


class Server:
    """The open parties, by number."""

    def __init__(self, folder):
        self.folder = folder
        self.parties = {}
        self.last = 0

    def open(self, request):
        party = PARTIES[request["party"]](request["with"])
        self.last += 1
        self.parties[self.last] = party
        path = os.path.join(self.folder, f"answer-{self.last}.f64")
        common.np.asarray(party.answer(), dtype="f8").tofile(path)
        gc.collect()
        return {"id": self.last, "items": party.items, "base": party.base_items, "answer": path}

    def run(self, request):
        """Times `reps` calls, then as many of the same call with (almost) no work, which
        is what calling costs. `thread` counts this thread, `process` all of them."""
        party, reps = self.parties[request["id"]], request["reps"]
        if request["warm"]:
            party.call(1)
        thread, process = timed(party.call, reps)
        base_thread, base_process = timed(party.base, reps)
        return {"thread": thread, "process": process, "base_thread": base_thread, "base_process": base_process}

    def close(self, request):
        del self.parties[request["id"]]
        if not self.parties:
            common.forget()
        gc.collect()
        return {}


def timed(call, reps):
    thread, process = time.thread_time_ns(), time.process_time_ns()
    call(reps)
    return time.thread_time_ns() - thread, time.process_time_ns() - process


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--folder", required=True, help="where answers and the compiled helper go")
    arguments.add_argument("--cpu", type=int, default=-1, help="the processor to stay on")
    options = arguments.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver ends this process
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    if options.cpu >= 0:
        os.sched_setaffinity(0, {options.cpu})
    common.compile_native(options.folder)
    gc.disable()  # a collection inside of a timed call would be counted as the peer's
    server = Server(options.folder)
    verbs = {"hello": hello, "open": server.open, "run": server.run, "close": server.close}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = verbs[request["do"]](request)
        except Exception as problem:  # the driver names the party and goes on
            reply = {"error": f"{type(problem).__name__}: {problem}"}
        replies.write(json.dumps(reply) + "\n")


if __name__ == "__main__":
    main()
