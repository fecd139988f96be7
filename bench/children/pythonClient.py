"""The NHS Python client mesh_client (3.x), where it is installed."""
import shutil

from mesh_client import MeshClient

from perform import perform


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
    with open(task["inputPath"], "rb") as content:
        body = content.read()
    for _ in range(work["messages"]):
        client.send_message("BENCH002", body, workflow_id="BENCHMARK")
    return work["messages"]


def connect(access, work):
    return MeshClient(
        access["url"],
        access["mailboxId"],
        access["password"],
        shared_key=access["sharedKey"].encode(),
        cert=(access["certificatePath"], access["privateKeyPath"]),
        verify=access["caPath"],
        max_chunk_size=work.get("chunkBytes", 75 * 1024 * 1024),
        transparent_compress=work.get("gzip", False),
    )


perform({"send": send, "receive": receive, "drain": drain, "sendMany": send_many}, connect)
