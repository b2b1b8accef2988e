#!/usr/bin/env bash
# Measures the line coverage of remotemedia-core and fails below 90 %.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v cargo-tarpaulin >/dev/null || cargo install --locked cargo-tarpaulin
cargo tarpaulin --engine llvm --packages remotemedia-core --include-files 'remotemedia-core/src/*' \
    --target-dir "${CARGO_TARGET_DIR:-target}/coverage" --skip-clean --fail-under 90 --out stdout
