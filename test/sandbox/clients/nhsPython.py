"""
Speaks as the NHS Python client does, on the HTTP library that it is built on: one nonce a session with a climbing count, version 2,
"mex-chunk-range: 1:1" on whole messages, retries beneath the layer that signs, links of pages put behind the host.
Takes base URL and folder of certificates; prints what it saw as JSON.
"""
import gzip, hashlib, hmac, json, sys, uuid
from datetime import datetime, timezone

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

URL, CERTS = sys.argv[1:]
V2 = "application/vnd.mesh.v2+json"


class Auth(requests.auth.AuthBase):
    def __init__(self, mailbox):
        self.mailbox, self.nonce, self.count = mailbox, uuid.uuid4().hex, 0

    def __call__(self, request):
        time = datetime.now(timezone.utc).strftime("%Y%m%d%H%M")
        text = f"{self.mailbox}:{self.nonce}:{self.count}:password:{time}"
        digest = hmac.new(b"TestKey", text.encode("ascii"), hashlib.sha256).hexdigest()
        request.headers["Authorization"] = f"NHSMESH {self.mailbox}:{self.nonce}:{self.count}:{time}:{digest}"
        self.count += 1
        return request


class Client:
    def __init__(self, mailbox):
        self.mailbox, self.session = mailbox, requests.Session()
        self.session.auth = Auth(mailbox)
        self.session.headers = {"User-Agent": "mesh_client;3.0;N/A;Linux;6.1;x86_64", "Accept-Encoding": "gzip", "Accept": V2}
        self.session.cert, self.session.verify = (f"{CERTS}/client-cert.pem", f"{CERTS}/client-key.pem"), f"{CERTS}/ca.pem"
        retry = Retry(total=3, backoff_factor=0, status_forcelist=[425, 429, 502, 503, 504], allowed_methods=None, raise_on_status=False)
        self.session.mount("https://", HTTPAdapter(max_retries=retry))
        self.session.mount(f"{URL}/messageexchange/{mailbox}/outbox", HTTPAdapter())

    def call(self, method, path, **options):
        return self.session.request(method, f"{URL}/messageexchange/{self.mailbox}{path}", timeout=600, **options)

    def handshake(self):
        told = {"mex-ClientVersion": "mesh_client==3.0", "mex-OSArchitecture": "x86_64", "mex-OSName": "Linux", "mex-OSVersion": "6.1", "mex-JavaVersion": "N/A"}
        return self.call("POST", "", headers=told)

    def send(self, chunks, **headers):
        told = {"Mex-From": self.mailbox, "Mex-To": "X26ABC2", "Mex-WorkflowID": "W", "Mex-MessageType": "DATA", "Mex-Version": "1.0", "Mex-AddressType": "ALL",
                "Mex-Chunk-Range": f"1:{len(chunks)}", "Content-Type": "application/octet-stream", **headers}
        first = self.call("POST", "/outbox", headers=told, data=chunks[0])
        first.raise_for_status()
        sent = first.json()["message_id"]
        for number, chunk in enumerate(chunks[1:], 2):
            told = {"Content-Type": "application/octet-stream", "Mex-Chunk-Range": f"{number}:{len(chunks)}", "Mex-From": self.mailbox, **{k: v for k, v in headers.items() if k == "Content-Encoding"}}
            response = self.call("POST", f"/outbox/{sent}/{number}", headers=told, data=chunk)
            assert response.status_code in (200, 202), response.status_code
        return sent

    def ids(self, page_size):
        path = f"/inbox?max_results={page_size}"
        response = self.call("GET", path).json()
        while True:
            yield from response["messages"]
            if "next" not in response.get("links", {}):
                return
            response = self.session.get(URL + response["links"]["next"]).json()

    def read(self, message):
        response = self.call("GET", f"/inbox/{message}")
        content, range_ = response.content, response.headers.get("Mex-Chunk-Range", "1:1")
        for number in range(2, int(range_.split(":")[1]) + 1):
            content += self.call("GET", f"/inbox/{message}/{number}").content
        return response.headers, content


def stream():
    yield b"one "
    yield b"stream"


sender, receiver, seen = Client("X26ABC1"), Client("X26ABC2"), {}
seen["handshake"] = sender.handshake().status_code
seen["ping"] = sender.session.get(f"{URL}/messageexchange/_ping").json()["outcome"]

content = b"".join(b"row %d\n" % number for number in range(20000))
chunks = [content[start:start + 50000] for start in range(0, len(content), 50000)]
seen["whole"] = sender.send([b"whole"], **{"Mex-LocalID": "whole", "Mex-Subject": "S", "Mex-FileName": "f.txt", "Mex-Content-Checksum": hashlib.md5(b"whole").hexdigest(), "Mex-PartnerID": "P"})
seen["stream"] = sender.send([stream()])
seen["plain"] = sender.send(chunks)
seen["packed"] = sender.send([gzip.compress(chunk) for chunk in chunks], **{"Content-Encoding": "gzip", "Mex-Content-Compressed": "Y"})
several = [sender.send([b"x"]) for _ in range(9)]

received = list(receiver.ids(10))
seen["paged"] = received == [seen["whole"], seen["stream"], seen["plain"], seen["packed"], *several]
headers, body = receiver.read(seen["whole"])
seen["headers"] = {name.lower(): value for name, value in headers.items()}
seen["read"] = [body == b"whole", receiver.read(seen["stream"])[1] == b"one stream", receiver.read(seen["plain"])[1] == content, receiver.read(seen["packed"])[1] == content]
seen["acknowledged"] = [receiver.call("PUT", f"/inbox/{message}/status/acknowledged").status_code for message in received]
seen["count"] = receiver.call("GET", "/count").json()
seen["tracked"] = sender.call("GET", "/outbox/tracking", params={"messageID": seen["whole"]}).json()["status"]
seen["tracked by local ID"] = sender.call("GET", "/outbox/tracking/whole").json()["status"]
seen["looked up"] = sender.session.get(f"{URL}/messageexchange/endpointlookup/X26/TEST_WORKFLOW").json()["results"][0]["mailbox_id"]
seen["searched"] = len(sender.session.get(f"{URL}/messageexchange/workflowsearch/TEST_WORKFLOW2").json()["results"])

# The test arms a 503 for this call. The retry repeats the token, which the first try has used up.
retried = receiver.call("GET", "/inbox?max_results=77")
seen["retried"] = [retried.status_code, retried.json()["detail"][0]["msg"]]
print(json.dumps(seen))
