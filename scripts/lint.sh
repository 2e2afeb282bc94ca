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
(cd test && $GO mod tidy -diff && $GO mod verify)
lint=$(command -v golangci-lint || true)
if [ -z "$lint" ]; then
	# Built once, from source, at the version the configuration is for.
	lint=bin/golangci-lint
	[ -x "$lint" ] || GOBIN="$PWD/bin" CGO_ENABLED=0 $GO install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
fi
"$lint" run ./...
