#!/bin/sh
# Measures the real model's answers: a gateway of its own on a free port, asked
# every input of quality/inputs.yaml. MODEL=small measures the small model.
set -eu
cd "$(dirname "$0")/.."
export LANDFALL_MODEL="${LANDFALL_MODEL:-${MODEL:-}}"
listen=127.0.0.1:${QUALITY_PORT:-8471}
data=$(mktemp -d)
bin/landfall --data "$data" serve --listen "$listen" >"$data/out" 2>"$data/log" &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$data"' EXIT INT TERM
bin/landfall --data "$data" quality --gateway "http://$listen" --wait 10m "$@"
