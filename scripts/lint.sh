#!/bin/sh
# Form and common mistakes: gofmt, go vet, the linter, go mod tidy.
set -eu
cd "$(dirname "$0")/.."
GO=${GO:-go}
badly=$(gofmt -l $(git ls-files '*.go'))
if [ -n "$badly" ]; then
	echo "not formatted by gofmt:" >&2
	echo "$badly" >&2
	exit 1
fi
$GO vet ./...
$GO mod tidy -diff
$GO mod verify
