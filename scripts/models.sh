#!/usr/bin/env bash
# Tries every order in which threads can meet over the executor's protocols, and over the handles of the C ABI, with
# loom.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

TARGET=$(realpath -m "${CARGO_TARGET_DIR:-target}")/models
readonly TARGET

# models ARGUMENTS…: cargo test with the models of a library instead of its tests.
models() {
    RUSTFLAGS="--cfg models" CARGO_TARGET_DIR=$TARGET cargo test --locked --lib "$@" model::
}

models -p remotemedia-core --no-default-features
models -p remotemedia-ffi --no-default-features
