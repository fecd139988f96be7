"""The frame of the contenders written in Python: reads the task named on the command line, works, and prints its own
figures as the last line."""
import json
import resource
import sys
import time


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def perform(works, connect):
    """works: for each kind of work a function of client, task and work; connect: makes the client, a context manager."""
    with open(sys.argv[1], encoding="utf-8") as file:
        task = json.load(file)
    work, report = task["work"], {}
    if work["kind"] != "idle":
        client = connect(task["access"], work)
        started, cpu_before = time.perf_counter(), cpu_seconds()
        with client:
            report["done"] = works[work["kind"]](client, task, work)
        report["workMs"] = (time.perf_counter() - started) * 1000
        report["workCpuSeconds"] = cpu_seconds() - cpu_before
    report["cpuSeconds"] = cpu_seconds()
    scale = 1 if sys.platform == "darwin" else 1024
    report["peakRssBytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
    print("\n" + json.dumps(report))
