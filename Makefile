# `make run` serves a rehearsal, `make test` passes everything; `make help` lists the rest.

GO ?= go
MODEL ?=
N ?=
FEATURE ?=
LANG_ ?=
OUT ?=
LEAST ?=
export CGO_ENABLED = 0

.PHONY: help run build test test-short clients bench quality lint fuzz clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: ## build, fetch the model side by side, and serve a rehearsal on 127.0.0.1:8460
	@MODEL="$(MODEL)" sh scripts/run.sh

build: ## build bin/landfall
	@$(GO) build -trimpath -o bin/landfall ./cmd/landfall

test: ## run every test, with a short set against the real small model
	@sh scripts/test.sh

test-short: ## run the tests that need no model
	@$(GO) test ./...

clients: ## run OpenAI's clients for Go, Python and Node against the gateway
	@sh scripts/clients.sh

bench: build ## measure speed beside a bare reverse proxy; writes bench/latest.json
	@$(GO) run ./bench

quality: build ## measure the real model's answers (N=1 FEATURE=tag LANG_=zh MODEL=small OUT=docs/quality.md)
	@MODEL="$(MODEL)" N="$(N)" FEATURE="$(FEATURE)" LANG_="$(LANG_)" OUT="$(OUT)" LEAST="$(LEAST)" sh scripts/quality.sh

lint: ## gofmt, go vet, the linter, go mod tidy
	@sh scripts/lint.sh

fuzz: ## run every fuzz target for a few seconds each (FUZZTIME=10000x)
	@sh scripts/fuzz.sh

clean: ## remove what was built; data/ and the model cache stay
	rm -rf bin
