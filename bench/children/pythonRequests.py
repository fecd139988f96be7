"""The requests library as the NHS Python client uses it: one session, one message after the other, chunks of the plain
content read whole, gzip at level 9, downloads copied from the raw response. That client's own work would come on top, so
it should take no less; the two have not been measured side by side."""
import datetime
import gzip
import hashlib
import hmac
import shutil
import uuid

import requests

from perform import perform

GZIP_LEVEL = 9


class Mailbox:
    def __init__(self, access, _work):
        self.access = access
        self.base = f"{access['url']}/messageexchange/{access['mailboxId']}"
        self.session = requests.Session()
        self.session.cert = (access["certificatePath"], access["privateKeyPath"])
        self.session.verify = access["caPath"]
        self.session.trust_env = False  # a CA bundle named there would take the place of ours
        self.session.headers.update({"Accept": "application/vnd.mesh.v2+json", "Accept-Encoding": "gzip"})

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.session.close()

    def token(self):
        mailbox, nonce = self.access["mailboxId"], str(uuid.uuid4())
        stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d%H%M")
        signed = f"{mailbox}:{nonce}:0:{self.access['password']}:{stamp}".encode()
        digest = hmac.new(self.access["sharedKey"].encode(), signed, hashlib.sha256).hexdigest()
        return f"NHSMESH {mailbox}:{nonce}:0:{stamp}:{digest}"

    def request(self, method, path, headers=None, **options):
        response = self.session.request(method, self.base + path, headers={"Authorization": self.token(), **(headers or {})}, **options)
        response.raise_for_status()
        return response

    def send(self, content, size, chunk_bytes, compress):
        chunks = max(1, -(-size // chunk_bytes))
        path = "/outbox"
        for chunk in range(1, chunks + 1):
            body = content.read(min(chunk_bytes, size - (chunk - 1) * chunk_bytes))
            headers = {"mex-to": "BENCH002", "mex-workflowid": "BENCHMARK", "mex-chunk-range": f"{chunk}:{chunks}", "Content-Type": "application/octet-stream"}
            if compress:
                body, headers["Content-Encoding"] = gzip.compress(body, GZIP_LEVEL), "gzip"
            answer = self.request("POST", path, headers, data=body).json()
            if chunk == 1:
                message_id = answer["message_id"]
            path = f"/outbox/{message_id}/{chunk + 1}"

    def copy_message(self, message_id, target):
        chunk, chunks = 1, 1
        while chunk <= chunks:
            with self.request("GET", f"/inbox/{message_id}" + (f"/{chunk}" if chunk > 1 else ""), stream=True) as response:
                chunks = int(response.headers["mex-chunk-range"].split(":")[1])
                raw = gzip.GzipFile(fileobj=response.raw) if response.headers.get("Content-Encoding") == "gzip" else response.raw
                shutil.copyfileobj(raw, target)
            chunk += 1

    def inbox(self):
        path, ids = "/inbox", []
        while path is not None:
            page = self.request("GET", path).json()
            ids += page["messages"]
            following = page["links"].get("next")
            path = following and "/inbox" + following[following.index("?"):]
        return ids


def send(mailbox, task, work):
    with open(task["inputPath"], "rb") as content:
        mailbox.send(content, work["bytes"], work["chunkBytes"], work["gzip"])
    return work["bytes"]


def receive(mailbox, task, work):
    with open(task["outputPath"], "wb") as target:
        mailbox.copy_message(task["messageId"], target)
        return target.tell()


def drain(mailbox, task, work):
    ids = mailbox.inbox()
    for message_id in ids:
        mailbox.request("GET", f"/inbox/{message_id}", stream=True).raw.read()
        mailbox.request("PUT", f"/inbox/{message_id}/status/acknowledged")
    return len(ids)


def send_many(mailbox, task, work):
    with open(task["inputPath"], "rb") as content:
        body = content.read()
    for _ in range(work["messages"]):
        mailbox.request("POST", "/outbox", {"mex-to": "BENCH002", "mex-workflowid": "BENCHMARK", "mex-chunk-range": "1:1"}, data=body)
    return work["messages"]


perform({"send": send, "receive": receive, "drain": drain, "sendMany": send_many}, Mailbox)
