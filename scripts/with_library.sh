#!/usr/bin/env bash
# Runs a command in bindings/go with the C library installed where cgo and the loader find it.
#
#   scripts/with_library.sh PROFILE COMMAND…      for example: scripts/with_library.sh debug go test ./...
#
# PROFILE is debug or release, or embedded for one that runs nodes in Python; the library is built first, for debug the
# command too, which REMOTEMEDIA_COMMAND names.
set -euo pipefail

readonly PROFILE=${1:?"usage: scripts/with_library.sh PROFILE COMMAND…"}
shift
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly ROOT=$PWD

main() {
    command -v go >/dev/null || fail "go is not installed; see https://go.dev/dl"
    local target built prefix
    mkdir -p "${CARGO_TARGET_DIR:-target}"
    target=$(realpath "${CARGO_TARGET_DIR:-target}")
    built=$target/$PROFILE
    case $PROFILE in
    debug)
        cargo build --quiet --locked -p remotemedia-ffi
        cargo build --quiet --locked -p remotemedia-cli
        ;;
    release) cargo rustc --quiet --locked --release -p remotemedia-ffi --crate-type cdylib,staticlib ;;
    embedded)
        built=$target/cpython/debug
        cargo build --quiet --locked --target-dir "$target/cpython" -p remotemedia-ffi \
            --no-default-features --features cpython,math,audio,flow,pkg
        ;;
    *) fail "PROFILE is \"$PROFILE\", expected debug, release or embedded" ;;
    esac
    prefix=$built/prefix
    scripts/install.sh "$built" "$prefix"
    [ "$PROFILE" != debug ] || export REMOTEMEDIA_COMMAND=$target/debug/remotemedia
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
    export LD_LIBRARY_PATH=$prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    # Go keeps what it compiled, and looks neither at headers outside of the module nor at what pkg-config says: the
    # flag changes with the header and the prefix.
    CGO_CFLAGS="${CGO_CFLAGS:--O2 -g} -DRM_LIBRARY=$({ cat "$prefix/include/remotemedia.h" && echo "$prefix"; } |
        sha256sum | cut -c1-16)"
    export CGO_CFLAGS
    cd "$ROOT/bindings/go"
    "$@"
}

fail() {
    echo "with_library: $1" >&2
    exit 1
}

main "$@"
