"""The NHS Python client mesh_client (3.x), where it is installed. Reads the task named on the command line."""
import json
import resource
import shutil
import sys
import time

from mesh_client import MeshClient


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def send(client, task, work):
    with open(task["inputPath"], "rb") as content:
        client.send_message("BENCH002", content, workflow_id="BENCHMARK")
    return work["bytes"]


def receive(client, task, work):
    with client.retrieve_message(task["messageId"]) as message, open(task["outputPath"], "wb") as target:
        shutil.copyfileobj(message, target)
        return target.tell()


def drain(client, task, work):
    ids = list(client.iterate_message_ids())
    for message_id in ids:
        message = client.retrieve_message(message_id)
        message.read()
        message.acknowledge()
    return len(ids)


def send_many(client, task, work):
    body = b"\x5a" * work["bytes"]
    for _ in range(work["messages"]):
        client.send_message("BENCH002", body, workflow_id="BENCHMARK")
    return work["messages"]


WORKS = {"send": send, "receive": receive, "drain": drain, "sendMany": send_many}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        task = json.load(file)
    work, access = task["work"], task["access"]
    report = {}
    if work["kind"] != "idle":
        client = MeshClient(
            access["url"],
            access["mailboxId"],
            access["password"],
            shared_key=access["sharedKey"].encode(),
            cert=(access["certificatePath"], access["privateKeyPath"]),
            verify=access["caPath"],
            max_chunk_size=work.get("chunkBytes", 75 * 1024 * 1024),
            transparent_compress=work.get("gzip", False),
        )
        started, cpu_before = time.perf_counter(), cpu_seconds()
        with client:
            report["done"] = WORKS[work["kind"]](client, task, work)
        report["workMs"] = (time.perf_counter() - started) * 1000
        report["workCpuSeconds"] = cpu_seconds() - cpu_before
    report["cpuSeconds"] = cpu_seconds()
    scale = 1 if sys.platform == "darwin" else 1024
    report["peakRssBytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
    print("\n" + json.dumps(report))


main()
