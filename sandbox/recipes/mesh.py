# Sends a message from X26ABC1 and receives it at X26ABC2, with nothing but Python. Start the sandbox first: npm run sandbox
import hashlib, hmac, json, ssl, urllib.request, uuid
from datetime import datetime, timezone

BASE, CERTS = "https://localhost:8700", ".mesh/certs"
PASSWORD, SHARED_KEY = "password", "TestKey"

tls = ssl.create_default_context(cafile=f"{CERTS}/ca.pem")
tls.load_cert_chain(f"{CERTS}/client-cert.pem", f"{CERTS}/client-key.pem")


def token(mailbox):
    nonce, time = uuid.uuid4(), datetime.now(timezone.utc).strftime("%Y%m%d%H%M")
    signed = f"{mailbox}:{nonce}:0:{PASSWORD}:{time}"
    return f"NHSMESH {mailbox}:{nonce}:0:{time}:" + hmac.new(SHARED_KEY.encode(), signed.encode(), hashlib.sha256).hexdigest()


def mesh(method, mailbox, path="", body=None, **headers):
    request = urllib.request.Request(f"{BASE}/messageexchange/{mailbox}{path}", data=body, method=method)
    request.add_header("Authorization", token(mailbox))
    request.add_header("Accept", "application/vnd.mesh.v2+json")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    return urllib.request.urlopen(request, context=tls)


sent = mesh("POST", "X26ABC1", "/outbox", b"Hello from Python", mex_from="X26ABC1", mex_to="X26ABC2", mex_workflowid="TEST_WORKFLOW")
print(json.load(sent)["message_id"])
for message_id in json.load(mesh("GET", "X26ABC2", "/inbox"))["messages"]:
    answer = mesh("GET", "X26ABC2", f"/inbox/{message_id}")
    if answer.headers["mex-messagetype"] == "REPORT":
        print("not delivered:", answer.headers["mex-statusdescription"])
    else:
        print(answer.read().decode())
    mesh("PUT", "X26ABC2", f"/inbox/{message_id}/status/acknowledged")
