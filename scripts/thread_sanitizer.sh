#!/usr/bin/env bash
# Runs the tests of the executor and of the C ABI under ThreadSanitizer, which needs the standard library built for it:
# Debian's rustc-web comes with its source. Whatever races makes it fail. Examples in the documentation start no
# threads, and are left out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly PACKAGES=(rustc-web rust-web-src clang-19 libclang-rt-19-dev)
TARGET=$(realpath -m "${CARGO_TARGET_DIR:-target}")/thread-sanitizer
readonly TARGET

main() {
    if ! dpkg-query -W "${PACKAGES[@]}" >/dev/null 2>&1; then
        local -a as_root=()
        [ "$(id -u)" = 0 ] || as_root=(sudo)
        "${as_root[@]}" apt-get update -qq
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${PACKAGES[@]}" >/dev/null
    fi
    under_sanitizer -p remotemedia-ffi --lib --no-default-features --features flow,math
    under_sanitizer -p remotemedia-core --features tokio --tests
}

# under_sanitizer ARGUMENTS…: cargo test with everything, the standard library too, watched for races.
under_sanitizer() {
    RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc CARGO_TARGET_DIR=$TARGET \
        RUSTFLAGS="-Zsanitizer=thread -Zexternal-clangrt -Clinker=clang-19 -Clink-arg=-fsanitize=thread" \
        cargo test --locked -Zbuild-std=std,panic_unwind --target "$(uname -m)-unknown-linux-gnu" "$@"
}

main
