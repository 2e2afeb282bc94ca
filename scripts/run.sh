#!/bin/sh
# Builds bin/landfall and fetches the embedded model side by side, then serves.
# Says where the time of a first run went.
set -eu
cd "$(dirname "$0")/.."
GO=${GO:-go}
export LANDFALL_MODEL="${LANDFALL_MODEL:-${MODEL:-}}"

began=$(date +%s)
fetching=
if [ -z "${LANDFALL_LOCAL_URL:-}" ]; then
	# The fetcher is a small program of its own: it runs while the rest is compiled.
	$GO build -trimpath -o bin/landfall-model ./cmd/landfall-model
	bin/landfall-model &
	fetching=$!
	trap 'kill "$fetching" 2>/dev/null || true' INT TERM
fi
$GO build -trimpath -o bin/landfall ./cmd/landfall
took=$(($(date +%s) - began))
[ "$took" -lt 3 ] || echo "build: $took s"
if [ -n "$fetching" ]; then
	wait "$fetching" || echo "the model could not be fetched (see above); the gateway starts and says so" >&2
fi
exec bin/landfall serve "$@"
