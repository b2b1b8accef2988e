#!/usr/bin/env bash
# Runs the tests of the executor and of the C ABI under ThreadSanitizer, and the C programs whose threads meet in the
# library. It needs the standard library built for it: Debian's rustc-web comes with its source. Whatever races makes it
# fail. Examples in the documentation start no threads, and are left out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly PACKAGES=(rustc-web rust-web-src clang-19 libclang-rt-19-dev)
# With their arguments.
readonly PROGRAMS=(wakers released listeners reentry logging host_nodes "lifetimes 30" "wrong_calls 1 30"
    "wrong_calls shared 1 100")
TARGET=$(realpath -m "${CARGO_TARGET_DIR:-target}")/thread-sanitizer
MACHINE=$(uname -m)-unknown-linux-gnu
readonly TARGET MACHINE

main() {
    if ! dpkg-query -W "${PACKAGES[@]}" >/dev/null 2>&1; then
        local -a as_root=()
        [ "$(id -u)" = 0 ] || as_root=(sudo)
        "${as_root[@]}" apt-get update -qq
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${PACKAGES[@]}" >/dev/null
    fi
    under_sanitizer test -p remotemedia-ffi --lib --no-default-features --features flow,math
    under_sanitizer test -p remotemedia-core --features tokio --tests
    under_sanitizer rustc -p remotemedia-ffi --lib --crate-type staticlib --no-default-features --features flow,math
    local program
    for program in "${PROGRAMS[@]}"; do
        # The words are the name and its arguments.
        # shellcheck disable=SC2086
        run_program $program
    done
    echo "thread sanitizer: ${#PROGRAMS[@]} C programs race nowhere"
}

# under_sanitizer COMMAND ARGUMENTS…: cargo with everything, the standard library too, watched for races.
under_sanitizer() {
    RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc CARGO_TARGET_DIR=$TARGET \
        RUSTFLAGS="-Zsanitizer=thread -Zexternal-clangrt -Clinker=clang-19 -Clink-arg=-fsanitize=thread" \
        cargo "$1" --locked -Zbuild-std=std,panic_unwind --target "$MACHINE" "${@:2}"
}

# run_program PROGRAM ARGUMENTS…: a C test program with the library in it, both watched.
run_program() {
    local -r program=$1 path=$TARGET/programs/$1
    shift
    mkdir -p "$TARGET/programs"
    clang-19 -std=c11 -g -O1 -pthread -fsanitize=thread -Wall -Wextra -Werror -Iremotemedia-ffi/include \
        "remotemedia-ffi/tests/c/$program.c" "$TARGET/$MACHINE/debug/libremotemedia_ffi.a" -ldl -lm -lgcc_s -o "$path"
    "$path" "$@" || { echo "thread sanitizer: $program $* fails" >&2; exit 1; }
}

main
