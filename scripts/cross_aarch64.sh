#!/usr/bin/env bash
# Builds the C library for 64-bit ARM on a Debian machine of another kind, and runs the C tests with it under qemu.
#
# The compiler is Debian's rustc-web, because its standard library for arm64 comes as a package; that package is
# unpacked below the target folder and not installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly PACKAGES=(rustc-web gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)
readonly STANDARD_LIBRARY=libstd-rust-web-dev
readonly TRIPLE=aarch64-unknown-linux-gnu
# With their arguments: fewer wrong calls than the tests make, for qemu is slow, and more lives, since memory settles
# late there. Those that are left out need packages, Python, a second copy of the library or limits on processes, or
# they run themselves anew, which qemu does not pass on.
readonly PROGRAMS=(layouts round_trip growth mistakes failures host_memory host_nodes listeners logging released wakers
    reentry "lifetimes 2000" "wrong_calls 1 5" "wrong_calls shared 1 2")
TARGET=$(realpath -m "${CARGO_TARGET_DIR:-target}")/aarch64
readonly TARGET
readonly SYSROOT=$TARGET/sysroot
readonly PREFIX=$TARGET/prefix

main() {
    mkdir -p "$TARGET"
    install_packages
    fetch_standard_library
    build
    local program
    for program in "${PROGRAMS[@]}"; do
        # The words are the name and its arguments.
        # shellcheck disable=SC2086
        run_under_qemu $program
    done
    echo "aarch64: ${#PROGRAMS[@]} programs pass under qemu; the stripped library has $(library_bytes) bytes"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {
    if ! dpkg-query -W "${PACKAGES[@]}" >/dev/null 2>&1; then
        as_root apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${PACKAGES[@]}" >/dev/null
    fi
}

# Of the same version as the compiler. apt knows packages of a foreign architecture only while that is enabled.
fetch_standard_library() {
    local version
    version=$(dpkg-query -W -f='${Version}' rustc-web)
    if [ "$(cat "$SYSROOT/version" 2>/dev/null)" = "$version" ]; then
        return
    fi
    local was_known=true
    dpkg --print-foreign-architectures | grep -qx arm64 || was_known=false
    $was_known || as_root dpkg --add-architecture arm64
    as_root apt-get update -qq
    rm -rf "$SYSROOT" "$TARGET/download"
    mkdir -p "$SYSROOT/lib/rustlib" "$TARGET/download"
    (cd "$TARGET/download" && apt-get download -qq "$STANDARD_LIBRARY:arm64=$version" && dpkg -x ./*.deb .)
    $was_known || as_root dpkg --remove-architecture arm64
    mv "$TARGET/download/usr/lib/rustlib/$TRIPLE" "$SYSROOT/lib/rustlib/"
    rm -r "$TARGET/download"
    echo "$version" >"$SYSROOT/version"
}

build() {
    RUSTC=/usr/bin/rustc \
        CARGO_TARGET_DIR=$TARGET \
        CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
        CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUSTFLAGS=--sysroot=$SYSROOT \
        cargo rustc --quiet --locked --profile edge --target $TRIPLE -p remotemedia-ffi --crate-type cdylib \
        --no-default-features --features math,flow
    scripts/install.sh "$TARGET/$TRIPLE/edge" "$PREFIX"
}

# run_under_qemu PROGRAM ARGUMENTS…
run_under_qemu() {
    local -r program=$1
    shift
    aarch64-linux-gnu-gcc -std=c11 -O1 -pthread -Wall -Wextra -Werror "remotemedia-ffi/tests/c/$program.c" \
        -I"$PREFIX/include" -L"$PREFIX/lib" -lremotemedia -o "$TARGET/$program"
    qemu-aarch64 -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH="$PREFIX/lib:/usr/aarch64-linux-gnu/lib" \
        "$TARGET/$program" "$@" ||
        { echo "aarch64: $program $* fails under qemu" >&2; exit 1; }
}

library_bytes() {
    stat -Lc %s "$PREFIX/lib/libremotemedia.so"
}

main
