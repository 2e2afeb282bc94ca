#!/bin/sh
# Measures the real model's answers: a gateway of its own on a free port, asked
# every input under quality/ that was not asked before. MODEL=small measures the
# small model; N=5, FEATURE=tag and LANG_=zh ask less; OUT=docs/quality.md writes
# the tables there; LEAST=0.8 fails below that share of contract-valid answers.
set -eu
cd "$(dirname "$0")/.."
export LANDFALL_MODEL="${LANDFALL_MODEL:-${MODEL:-}}"
as="make quality${MODEL:+ MODEL=$MODEL}${N:+ N=$N}${FEATURE:+ FEATURE=$FEATURE}${LANG_:+ LANG_=$LANG_}"
data=$(mktemp -d)
bin/landfall --data "$data" serve --listen "127.0.0.1:${QUALITY_PORT:-0}" >"$data/out" 2>"$data/log" &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$data"' EXIT INT TERM
gateway=
while [ -z "$gateway" ]; do
	sleep 0.2
	gateway=$(sed -n 's/^ *gateway  *\(http:[^ ]*\).*/\1/p' "$data/out")
	kill -0 "$server" 2>/dev/null || { cat "$data/log" >&2; exit 1; }
done
bin/landfall --data "$data" quality --gateway "$gateway" --wait 10m --as "$as" \
	${N:+--n "$N"} ${FEATURE:+--feature "$FEATURE"} ${LANG_:+--language "$LANG_"} ${OUT:+--markdown "$OUT"} ${LEAST:+--least "$LEAST"} "$@"
