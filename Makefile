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

# What tools/go.mod pins and runs from bin/.
TOOLS := bin/actionlint bin/changie bin/govulncheck

RESOLVE := dev/resolve.sh
TESTFLAGS := -count=1 -timeout=20m

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the provider
	@test -x bin/terraform-provider-ocibao || echo "Building the provider: about a minute the first time, cached after." >&2
	@CGO_ENABLED=0 go build -trimpath -o bin/ .

# The race detector needs cgo. The acceptance tests have most of their work done
# by other processes, so that it would find nothing there and slow them down.
RACE = $(shell printf '\043include <stdlib.h>\n' | $$(go env CC) -E - > /dev/null 2>&1 && echo -race)
ACCEPTANCE := ./internal/provider
UNIT = $$(go list ./... | grep -vx $$(go list $(ACCEPTANCE)))

# Acceptance tests wait for other processes much of their time.
ACCEPTANCEFLAGS := $(TESTFLAGS) -parallel=4

# What the other engine has to show as well; make test-matrix has it show all.
BOTH_ENGINES := -run '^(TestPromise|TestDriftMatrix)'

.PHONY: test
test: build ## Run every test: unit and contract with the race detector, fuzzing, acceptance on both engines
	@$(if $(RACE),,echo "There is no C compiler with its headers: testing without the race detector. Install gcc and libc6-dev." >&2)
	@$(RESOLVE) $(SHELL) -c 'set -e; \
		go -C dev test $(TESTFLAGS) $(TESTARGS) ./...; \
		$(if $(RACE),CGO_ENABLED=1) go test $(RACE) $(TESTFLAGS) $(TESTARGS) $(UNIT); \
		go test $(ACCEPTANCEFLAGS) $(TESTARGS) $(ACCEPTANCE)'
	@dev/other-engine.sh go test $(ACCEPTANCEFLAGS) $(BOTH_ENGINES) $(TESTARGS) $(ACCEPTANCE)
	@$(if $(TESTARGS),,$(MAKE) --no-print-directory fuzz)

# Seconds for each fuzz target.
FUZZTIME ?= 1

.PHONY: fuzz
fuzz: ## Let each fuzz target look for new inputs; FUZZTIME=60 for longer
	@dev/fuzz.sh $(FUZZTIME)

.PHONY: test-matrix
test-matrix: build ## Run the acceptance tests on every CLI: Terraform 1.11 and 1.16, OpenTofu
	@dev/test-matrix.sh $(ACCEPTANCEFLAGS) $(TESTARGS)

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
lint: bin/golangci-lint bin/actionlint bin/changie ## Check style, formatting, workflows and changelog fragments
	@bin/actionlint .github/workflows/*.yml
	@bin/changie batch patch --dry-run > /dev/null
	@for module in $(MODULES); do \
		(cd $$module && $(CURDIR)/bin/golangci-lint run --config $(CURDIR)/tools/lint/golangci.yml ./...) || exit 1; \
	done

bin/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	@echo "Building golangci-lint: about 2 minutes the first time, cached after." >&2
	@CGO_ENABLED=0 go -C tools/lint build -trimpath -ldflags '-s -w' -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

bin/actionlint: TOOL := github.com/rhysd/actionlint/cmd/actionlint
bin/changie: TOOL := github.com/miniscruff/changie
bin/govulncheck: TOOL := golang.org/x/vuln/cmd/govulncheck
$(TOOLS): tools/go.mod tools/go.sum
	@CGO_ENABLED=0 go -C tools build -trimpath -ldflags '-s -w' -o $(CURDIR)/$@ $(TOOL)
	@touch $@

.PHONY: changelog
changelog: bin/changie ## Show what the changelog will say of the next release
	@bin/changie batch auto --dry-run

.PHONY: changelog-release
changelog-release: bin/changie ## Move what is unreleased into CHANGELOG.md; VERSION=v1.2.3, else from the kinds of change
	@bin/changie batch $(or $(VERSION),auto)
	@bin/changie merge

# Where the CLIs look for providers by themselves. They take 0.0.0 for no version.
PLUGINS ?= $(HOME)/.terraform.d/plugins

.PHONY: install
install: ## Build the provider to where terraform and tofu find it; VERSION=1.2.3, else 0.0.1
	@version=$(or $(VERSION:v%=%),0.0.1); platform=$$(go env GOOS)_$$(go env GOARCH); \
	for host in registry.terraform.io registry.opentofu.org; do \
		folder="$(PLUGINS)/$$host/ocibao/ocibao/$$version/$$platform"; \
		CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$$version" \
			-o "$$folder/terraform-provider-ocibao_v$$version$$(go env GOEXE)" . || exit 1; \
		echo "$$folder"; \
	done

.PHONY: release-check
release-check: build bin/goreleaser ## Prove that a release can be made, all platforms, without publishing
	@command -v gpg > /dev/null || { echo "gpg is missing; install gnupg" >&2; exit 1; }
	@go -C dev build -o ../bin/ ./cmd/release-check
	@PATH=$(CURDIR)/bin:$$PATH $(RESOLVE) bin/release-check

.PHONY: release
release: bin/goreleaser ## Make and publish the release of the tag checked out
	@PATH=$(CURDIR)/bin:$$PATH goreleaser release --clean --release-notes .changes/$$(git describe --exact-match --tags).md

# GoReleaser brings along cyclonedx-gomod, which it runs for the SBOMs.
bin/goreleaser: tools/release/go.mod tools/release/go.sum
	@echo "Building GoReleaser: about 3 minutes of CPU the first time, cached after." >&2
	@CGO_ENABLED=0 go -C tools/release build -trimpath -ldflags '-s -w' -o $(CURDIR)/bin/ tool
	@touch $@

.PHONY: vulnerabilities
vulnerabilities: bin/govulncheck ## Look for known vulnerabilities in what the provider calls
	@bin/govulncheck ./...

.PHONY: generate
generate: ## Write docs/ from the provider's schema, templates/ and examples/
	@mkdir -p bin
	@go -C dev run ./cmd/provider-schema > bin/provider-schema.json
	@go -C tools tool tfplugindocs generate --provider-dir $(CURDIR) --provider-name ocibao \
		--rendered-provider-name ocibao --providers-schema $(CURDIR)/bin/provider-schema.json

# Without git, so that it works in any copy of the tree.
.PHONY: docs-check
docs-check: ## Fail when docs/ are not what generate writes
	@rm -rf bin/docs-found && mkdir -p bin && cp -R docs bin/docs-found
	@$(MAKE) --no-print-directory generate
	@diff -ru bin/docs-found docs || { echo "docs/ were stale and are not any more: commit them" >&2; exit 1; }

.PHONY: tidy
tidy: ## Bring the go.mod and go.sum of every module up to date
	@go mod tidy
	@go -C dev list -mod=mod -deps -test ./... > /dev/null
	@for module in $(TOOL_MODULES); do go -C $$module mod tidy || exit 1; done
	@go -C tools/release list -mod=mod -deps tool > /dev/null

.PHONY: clean
clean: ## Remove what was built
	@rm -rf bin
