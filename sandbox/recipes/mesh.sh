# Sends a message from X26ABC1 and receives it at X26ABC2, with curl and openssl. Start the sandbox first: npm run sandbox

BASE=https://localhost:8700
CERTS=.mesh/certs
PASSWORD=password
SHARED_KEY=TestKey

# mesh PATH [curl options]: one request with a fresh token
mesh() {
	path=$1
	shift
	mailbox=${path%%/*}
	nonce=$(openssl rand -hex 16)
	time=$(date -u +%Y%m%d%H%M)
	hash=$(printf '%s' "$mailbox:$nonce:0:$PASSWORD:$time" | openssl dgst -sha256 -hmac "$SHARED_KEY" -r | cut -d ' ' -f 1)
	curl --silent --show-error --fail-with-body \
		--cacert "$CERTS/ca.pem" --cert "$CERTS/client-cert.pem" --key "$CERTS/client-key.pem" \
		--header "Authorization: NHSMESH $mailbox:$nonce:0:$time:$hash" \
		--header 'Accept: application/vnd.mesh.v2+json' \
		"$BASE/messageexchange/$path" "$@"
}

mesh X26ABC1 --request POST --header 'mex-clientversion: curl' --header 'mex-osname: Linux' --header 'mex-osversion: 6'
mesh X26ABC1/outbox --header 'mex-from: X26ABC1' --header 'mex-to: X26ABC2' --header 'mex-workflowid: TEST_WORKFLOW' --data-binary 'Hello from curl'
mesh X26ABC2/inbox
id=$(mesh X26ABC2/inbox | sed 's/.*"messages":\["\([^"]*\)".*/\1/')
mesh "X26ABC2/inbox/$id"
mesh "X26ABC2/inbox/$id/status/acknowledged" --request PUT
mesh "X26ABC1/outbox/tracking?messageID=$id"
