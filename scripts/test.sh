#!/bin/sh
# Every test: the product's own, the clients people have, and the real small model,
# which is fetched if need be.
set -eu
cd "$(dirname "$0")/.."
GO=${GO:-go}
$GO build -trimpath -o bin/landfall-model ./cmd/landfall-model
LANDFALL_MODEL=small bin/landfall-model &
fetching=$!
$GO vet ./...
status=0
$GO test ./... || status=$?
sh scripts/clients.sh || status=$?
if wait "$fetching"; then
	LANDFALL_TEST_MODEL=small $GO test -count=1 -run 'TestRealModel' ./cmd/landfall || status=$?
else
	echo "the small model could not be fetched: its tests did not run" >&2
	status=1
fi
exit $status
