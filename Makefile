# Sluice. "make help" lists what can be made.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := all

BUILD    := build
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  := -s -w -buildid= -X main.version=$(VERSION)
GOBUILD  := go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'
# The plugin runs with a C library older than that of this machine, too: packaging/glibc.h says how.
OLD_LIBS := -Wl,--no-as-needed -l:libpthread.so.0 -l:libdl.so.2 -l:libresolv.so.2
PLUGIN   := CGO_ENABLED=1 CGO_CFLAGS='-O2 -g -include $(CURDIR)/packaging/glibc.h' \
	go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS) -extldflags "$(OLD_LIBS)"' -buildmode=c-shared
SOURCES  := $(shell find . \( -path ./build -o -path ./test -o -path ./packaging \) -prune -o \( -name '*.go' -o -path './plugin/*.[ch]' \) -print) go.mod go.sum
CFLAGS   ?= -O2 -g
HELPERS  := cmd/sluice/helpers/linux-amd64 cmd/sluice/helpers/linux-arm64
HOST_C   := $(wildcard test/host/*.c) $(wildcard test/host/*.h)

.PHONY: all dist reproducible images install demo test e2e crash backlog docker-test differential bench bench-go bench-flush bench-idle fuzz lint clean help

all: $(BUILD)/out_sluice.so $(BUILD)/sluice $(BUILD)/sluice-credential-helper ## Build plugin, command and helper into build/

$(BUILD)/out_sluice.so: $(SOURCES) packaging/glibc.h
	$(PLUGIN) -o $@ ./plugin

$(BUILD)/sluice: $(SOURCES) $(HELPERS) sidecar/config/schema.json
	CGO_ENABLED=0 $(GOBUILD) -o $@ ./cmd/sluice

# Both are embedded in the command.
cmd/sluice/helpers/linux-%: $(wildcard cmd/sluice-credential-helper/*.go) go.mod
	CGO_ENABLED=0 GOOS=linux GOARCH=$* $(GOBUILD) -o $@ ./cmd/sluice-credential-helper

$(BUILD)/sluice-credential-helper: cmd/sluice/helpers/linux-$(shell go env GOARCH)
	@mkdir -p $(BUILD)
	cp $< $@

$(BUILD)/flb-host: $(HOST_C)
	@mkdir -p $(BUILD)
	$(CC) -std=gnu11 $(CFLAGS) -Wall -Wextra -Werror -rdynamic -o $@ test/host/*.c -ldl -lpthread

# --- what users install ------------------------------------------------------
ARCHS    ?= amd64 arm64
DARWIN   ?= amd64 arm64
DIST     := dist
STAGE    := $(BUILD)/dist
CC_amd64 := x86_64-linux-gnu-gcc
CC_arm64 := aarch64-linux-gnu-gcc
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null)
export SOURCE_DATE_EPOCH
PLATFORMS := $(ARCHS:%=linux-%) $(DARWIN:%=darwin-%)
PROGRAMS := $(foreach p,$(PLATFORMS),$(STAGE)/$p/sluice $(STAGE)/$p/sluice-credential-helper)

$(STAGE)/linux-%/out_sluice.so: $(SOURCES) packaging/glibc.h
	CC=$(CC_$*) GOARCH=$* $(PLUGIN) -o $@ ./plugin

# platform PATH is the variables that build for the platform in a path.
platform = GOOS=$(word 1,$(subst -, ,$1)) GOARCH=$(word 2,$(subst -, ,$1)) CGO_ENABLED=0

$(STAGE)/%/sluice: $(SOURCES) $(HELPERS)
	$(call platform,$*) $(GOBUILD) -o $@ ./cmd/sluice

$(STAGE)/%/sluice-credential-helper: $(SOURCES)
	$(call platform,$*) $(GOBUILD) -o $@ ./cmd/sluice-credential-helper

# manual DIR and completions DIR write what shells and man read.
manual      = $(BUILD)/sluice man $1
completions = mkdir -p $1 && $(BUILD)/sluice completion bash >$1/sluice.bash && \
	$(BUILD)/sluice completion zsh >$1/_sluice && $(BUILD)/sluice completion fish >$1/sluice.fish

dist: ## Build archives, .deb, .rpm, SBOM and checksums into dist/; arm64 needs gcc-aarch64-linux-gnu (or ARCHS=amd64)
	rm -rf $(DIST) $(STAGE) $(HELPERS) $(BUILD)/sluice # which may be of another version
	$(MAKE) $(ARCHS:%=$(STAGE)/linux-%/out_sluice.so) $(PROGRAMS) $(BUILD)/sluice
	$(call manual,$(STAGE)/man)
	$(call completions,$(STAGE)/completions)
	cd packaging && go run . -version '$(VERSION)' -epoch '$(SOURCE_DATE_EPOCH)' -platforms '$(PLATFORMS)'

reproducible: ## Make dist of the last commit in two folders and compare the bytes; ARCHS and DARWIN as for dist
	@test/reproducible.sh ARCHS='$(ARCHS)' DARWIN='$(DARWIN)'

images: ## Build the images sluice (Fluent Bit with the plugin) and sluice-sidecar with Docker; BUILD_ARGS may name bases
	docker build --build-arg VERSION='$(VERSION)' $(BUILD_ARGS) --target runtime -t sluice .
	docker build --build-arg VERSION='$(VERSION)' $(BUILD_ARGS) --target sidecar -t sluice-sidecar .

PREFIX    ?= /usr/local
PLUGINDIR ?= $(PREFIX)/lib/fluent-bit
install: all ## Install plugin, command, helper, manual and completions below PREFIX (/usr/local) of DESTDIR
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PLUGINDIR)
	install -m 0755 $(BUILD)/sluice $(BUILD)/sluice-credential-helper $(DESTDIR)$(PREFIX)/bin
	install -m 0644 $(BUILD)/out_sluice.so $(DESTDIR)$(PLUGINDIR)
	$(call manual,$(DESTDIR)$(PREFIX)/share/man/man1)
	$(call completions,$(STAGE)/completions)
	install -D -m 0644 $(STAGE)/completions/sluice.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/sluice
	install -D -m 0644 $(STAGE)/completions/_sluice $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_sluice
	install -D -m 0644 $(STAGE)/completions/sluice.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/sluice.fish

demo: all $(BUILD)/flb-host ## Ship 200,000 log lines to an S3 server on loopback and count them
	@cd test && go run ./cmd/demo -plugin ../$(BUILD)/out_sluice.so -host ../$(BUILD)/flb-host

test: all $(BUILD)/flb-host ## Run everything that this machine can run; names what it skips
	@test/run.sh

e2e: all ## Run each real Fluent Bit (FLUENT_BIT=A:B or on the PATH) against S3 and IMDS in a network namespace
	cd test && go test -count=1 -timeout 20m -v ./e2e

N       ?= 20
SIGNAL  ?= KILL,TERM
WORKERS ?= 0,4
SEED    ?= 0
SET     ?=
crash: all $(BUILD)/flb-host ## End Fluent Bit N times (default 20) by each SIGNAL, with each number of WORKERS, in bad weather; SET has more properties
	@cd test && go run ./cmd/crash -n $(N) -signal $(SIGNAL) -workers $(WORKERS) -seed $(SEED) \
		$(if $(SET),-set '$(SET)')

GB ?= 1
backlog: all ## Take GB gigabytes (default 1) of lines while S3 is away, then drain; memory and speed (real Fluent Bit)
	@cd test && go run ./cmd/backlog -gb $(GB)

differential: all ## Compare our JSON with the built-in output's, byte by byte (real Fluent Bit)
	cd test && go test -count=1 -timeout 10m -v ./differential

docker-test: ## Run plugin, S3 and IMDS in containers; the plugin's is built by our Dockerfile
	cd test && go test -count=1 -timeout 20m -v ./docker

FUZZTIME ?= 1m
fuzz: ## Run each fuzz target for FUZZTIME (default 1m)
	@test/fuzz.sh $(FUZZTIME)

ROUNDS ?= 5
MB     ?= 500
bench: all ## Measure null, s3 and sluice by turns: ROUNDS, MB, INPUTS, OUTPUTS (real Fluent Bit); then bench-go
	@cd test && go run ./cmd/bench -version $(VERSION) -rounds $(ROUNDS) -mb $(MB) -markdown ../$(BUILD)/bench.md \
		$(if $(INPUTS),-inputs '$(INPUTS)') $(if $(OUTPUTS),-outputs '$(OUTPUTS)')
	@test/bench.sh $(COUNT) $(BASE)

COUNT ?= 6
bench-go: ## Run the Go benchmarks of the pieces COUNT times (default 6), beside those of the revision BASE if set
	@test/bench.sh $(COUNT) $(BASE)

CHUNKS ?= 500
bench-flush: all $(BUILD)/flb-host ## Measure how long CHUNKS flushes (default 500) hold up the engine, with and without a busy shipper
	@cd test && go run ./cmd/flush -chunks $(CHUNKS)

bench-idle: all ## Measure what a minute without anything to do costs after a load (real Fluent Bit)
	@cd test && go run ./cmd/idle

lint: ## gofmt, vet, errorlint, bodyclose, staticcheck, govulncheck, the import law and the width of lines
	@test/lint.sh

clean: ## Remove what was built
	rm -rf $(BUILD) $(DIST) $(HELPERS)

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
