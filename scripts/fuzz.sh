#!/bin/sh
# Every fuzz target for a number of inputs: FUZZTIME=10000x. (With a duration the
# end of the time is sometimes reported as a failure.)
set -eu
cd "$(dirname "$0")/.."
GO=${GO:-go}
for dir in $($GO list -f '{{.Dir}}' ./...); do
	for target in $(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$dir"/*_test.go 2>/dev/null | sed 's/^func //' || true); do
		echo "$target in ${dir#"$PWD"/}"
		$GO test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-10000x}" -fuzzminimizetime 1x -parallel 2 "$dir"
	done
done
