#!/usr/bin/env bash
# Fuzzes every target, and the C library by wrong calls, for the given number of seconds each (60 unless told).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly seconds=${1:-60}

main() {
    make_wrong_calls
    command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
    local target
    for target in $(cargo +nightly fuzz list); do
        cargo +nightly fuzz run "$target" -- -max_total_time="$seconds"
    done
}

# Threads that do everything wrong with the same handles, each time from another seed, which is told.
make_wrong_calls() {
    cargo build --quiet --locked -p remotemedia-ffi
    local built prefix seed
    built=$(realpath "${CARGO_TARGET_DIR:-target}")/debug
    prefix=$built/fuzz
    scripts/install.sh "$built" "$prefix"
    cc -std=c11 -g -O1 -pthread -fsanitize=address,undefined -fno-sanitize-recover=all \
        remotemedia-ffi/tests/c/wrong_calls.c -I"$prefix/include" -L"$prefix/lib" -lremotemedia \
        -Wl,-rpath,"$prefix/lib" -o "$prefix/wrong_calls"
    local -r end=$((SECONDS + seconds))
    while [ "$SECONDS" -lt "$end" ]; do
        seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
        echo "wrong_calls shared $seed 20"
        timeout 300 "$prefix/wrong_calls" shared "$seed" 20
        timeout 300 "$prefix/wrong_calls" "$seed" 20
    done
}

main
