#!/bin/sh
# Puts the nodes of this image where n8n looks for them, then starts n8n. That place is usually a volume, which hides what
# an image has there; so another version of the image brings another version of the nodes with it.
set -eu
package=n8n-nodes-nhs-mesh
from=/opt/nhs-mesh/node_modules/$package
nodes=${N8N_USER_FOLDER:-$HOME}/.n8n/nodes/node_modules

if ! cmp -s "$from/package.json" "$nodes/$package/package.json"; then
	mkdir -p "$nodes"
	# Aside, then in one step: main and workers may share the volume and start together.
	copy=$(mktemp -d "$nodes/.$package-XXXXXX")
	cp -R "$from/." "$copy"
	chmod 755 "$copy"
	rm -rf "${nodes:?}/$package"
	mv -T "$copy" "$nodes/$package" || rm -rf "$copy"
fi
exec /docker-entrypoint.sh "$@"
