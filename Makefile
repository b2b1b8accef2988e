# What a developer types. Everything is set up on demand, by package name.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv/bin
OUT := out
PREFIX ?= /usr/local
TARGET = $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)

.PHONY: help setup wheel demo edge install test test-rust \
	test-embedded test-python test-go test-aarch64 check format bench coverage deep clean

help: ## Show what there is to do
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: ## Install what building, testing and the demo need
	@PYTHON=$(PYTHON) scripts/setup.sh

wheel: setup ## Build the Python package into .venv
	@scripts/build_wheel.sh

demo: wheel ## Turn a spoken meeting into notes: out/voice_notes.json and .html
	@mkdir -p $(OUT)
	@scripts/make_speech.sh $(OUT)/meeting.wav
	@$(VENV)/python examples/voice_notes.py $(OUT)/meeting.wav --out $(OUT)
	@echo "open $(OUT)/voice_notes.html in a browser"

install: ## Install the C and C++ library below PREFIX (/usr/local)
	cargo rustc --release --locked -p remotemedia-ffi --crate-type cdylib,staticlib
	scripts/install.sh "$(TARGET)/release" "$(PREFIX)"

test: setup wheel test-rust test-embedded test-python test-go ## Run every test there is

test-rust: setup
	cargo test --workspace --locked

# A target folder of its own: cargo gives the library the same place whatever its features are.
EMBEDDED = --locked --target-dir $(TARGET)/cpython -p remotemedia-ffi --no-default-features --features cpython,math,audio,flow,pkg

test-embedded: setup wheel ## Run nodes in Python inside programs in C, C++ and Go
	PYO3_PYTHON=$(PYTHON) cargo test $(EMBEDDED) --test abi --test python --test python_packages
	PYO3_PYTHON=$(PYTHON) scripts/with_library.sh embedded go test -count=1 -run Python .

test-python: wheel
	$(VENV)/python -m pytest tests examples

test-go: setup
	scripts/with_library.sh debug go vet ./...
	scripts/with_library.sh debug go test -race -count=1 ./...

test-aarch64: ## Build for 64-bit ARM and run the C tests under qemu (Debian)
	scripts/cross_aarch64.sh

check: setup ## Formats, lints and docs, all as errors
	cargo fmt --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	PYO3_PYTHON=$(PYTHON) cargo clippy $(EMBEDDED) --all-targets -- -D warnings
	cargo check -p remotemedia-core --no-default-features --locked
	cargo check -p remotemedia --no-default-features --locked
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy --config-file bindings/python/pyproject.toml bindings/python/remotemedia
	@unformatted=$$(gofmt -l bindings/go remotemedia-pkg/tests/registries) && [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted" >&2; exit 1; }

format: setup ## Format all sources
	cargo fmt
	$(VENV)/ruff format .
	$(VENV)/ruff check --fix .
	gofmt -w bindings/go remotemedia-pkg/tests/registries

edge: setup ## Measure builds for small machines and write docs/edge-builds.md
	scripts/edge_builds.sh

bench: wheel ## Measure beside the peers and write benches/RESULTS.md
	benches/run.sh

coverage: ## Line coverage of the core
	scripts/coverage.sh

deep: check test test-aarch64 ## What goes before a release: models, races, a fuzz minute per target, each feature alone
	scripts/models.sh
	scripts/thread_sanitizer.sh
	scripts/fuzz.sh 60
	scripts/each_feature.sh

clean: ## Remove what was built
	cargo clean
	rm -rf $(OUT) dist
