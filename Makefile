# `make help` lists what there is. Everything built goes to bin/.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# A source tree without its git history must build as well.
export GOFLAGS += -buildvcs=false

# More arguments for go test, such as TESTARGS='-run TestPromise -v'.
TESTARGS ?=

# Arguments for make bench, such as BENCHARGS='-sizes 100,1000 -runs 3 -only bulk'.
BENCHARGS ?=

# The modules with Go code of this project, and those that pin tools.
MODULES := . dev
TOOL_MODULES := tools tools/lint tools/terraform tools/tofu

RESOLVE := dev/resolve.sh
TESTFLAGS := -count=1 -timeout=20m

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the provider
	@test -x bin/terraform-provider-ocibao || echo "Building the provider: about a minute the first time, cached after." >&2
	@CGO_ENABLED=0 go build -trimpath -o bin/ .

.PHONY: test
test: build ## Run every test: unit, contract, acceptance
	@$(RESOLVE) $(SHELL) -c 'go -C dev test $(TESTFLAGS) $(TESTARGS) ./... && go test $(TESTFLAGS) $(TESTARGS) ./...'

.PHONY: test-race
test-race: build ## Run every test with the race detector (needs a C compiler)
	@CGO_ENABLED=1 $(RESOLVE) go test -race $(TESTFLAGS) $(TESTARGS) ./...

.PHONY: test-matrix
test-matrix: build ## Run the acceptance tests on every CLI: Terraform 1.11 and 1.16, OpenTofu
	@dev/test-matrix.sh $(TESTFLAGS) $(TESTARGS)

.PHONY: demo
demo: build ## Run the main job on an emulated OCI and a local server
	@go -C dev build -o ../bin/ ./cmd/demo
	@$(RESOLVE) bin/demo

.PHONY: playground
playground: build ## Start the demo's servers and leave them running
	@go -C dev build -o ../bin/ ./cmd/demo
	@$(RESOLVE) bin/demo playground

.PHONY: bench
bench: build ## Measure what the provider costs; BENCHARGS are its arguments
	@go -C dev build -trimpath -o ../bin/ ./cmd/bench
	@$(RESOLVE) bin/bench $(BENCHARGS)

.PHONY: ociemu
ociemu: ## Serve the OCI emulator alone; ARGS are its arguments
	@go -C dev build -o ../bin/ ./cmd/ociemu
	@bin/ociemu $(ARGS)

.PHONY: lint
lint: bin/golangci-lint ## Check style and formatting
	@for module in $(MODULES); do \
		(cd $$module && $(CURDIR)/bin/golangci-lint run --config $(CURDIR)/tools/lint/golangci.yml ./...) || exit 1; \
	done

bin/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	@echo "Building golangci-lint: about 2 minutes the first time, cached after." >&2
	@CGO_ENABLED=0 go -C tools/lint build -trimpath -ldflags '-s -w' -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

.PHONY: generate
generate: ## Write docs/ from the provider's schema, templates/ and examples/
	@mkdir -p bin
	@go -C dev run ./cmd/provider-schema > bin/provider-schema.json
	@go -C tools tool tfplugindocs generate --provider-dir $(CURDIR) --provider-name ocibao \
		--rendered-provider-name ocibao --providers-schema $(CURDIR)/bin/provider-schema.json

.PHONY: docs-check
docs-check: generate ## Fail when docs/ are not what generate writes
	@git --no-pager diff --exit-code -- docs || { echo "docs/ are stale; run: make generate" >&2; exit 1; }
	@new=$$(git status --porcelain -- docs); test -z "$$new" || { echo "$$new"; echo "docs/ are not all committed; run: make generate" >&2; exit 1; }

.PHONY: tidy
tidy: ## Bring the go.mod and go.sum of every module up to date
	@go mod tidy
	@go -C dev list -mod=mod -deps -test ./... > /dev/null
	@for module in $(TOOL_MODULES); do go -C $$module mod tidy || exit 1; done

.PHONY: clean
clean: ## Remove what was built
	@rm -rf bin
