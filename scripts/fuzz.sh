#!/bin/sh
# Every fuzz target for a short time: FUZZTIME=5s.
set -eu
cd "$(dirname "$0")/.."
GO=${GO:-go}
for dir in $($GO list -f '{{.Dir}}' ./...); do
	for target in $(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go 2>/dev/null | sed 's/^func //' || true); do
		echo "$target in ${dir#"$PWD"/}"
		$GO test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-5s}" -parallel 2 "$dir"
	done
done
