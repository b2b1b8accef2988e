#!/usr/bin/env bash
# Installs the C and C++ library: headers, shared and static library, pkg-config file, CMake package, and the JSON Schema
# of manifests.
#
#   scripts/install.sh BUILT PREFIX
#
# BUILT is the folder that cargo put the library into. With DESTDIR set, everything is put below it, while the installed
# files name PREFIX, as packagers expect. A library for another machine needs that machine's binutils: CROSS_COMPILE is
# what their names begin with, such as aarch64-linux-gnu-, or LD, OBJCOPY and AR name them.
set -euo pipefail

readonly BUILT=${1:?"usage: scripts/install.sh BUILT PREFIX"}
readonly PREFIX=${2:?"usage: scripts/install.sh BUILT PREFIX"}
readonly TARGET=${DESTDIR:-}$PREFIX
readonly LD=${LD:-${CROSS_COMPILE:-}ld} OBJCOPY=${OBJCOPY:-${CROSS_COMPILE:-}objcopy} AR=${AR:-${CROSS_COMPILE:-}ar}
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly ROOT

# The shared library, as cargo names it.
case $(uname) in
Darwin) SHARED=$BUILT/libremotemedia_ffi.dylib ;;
*) SHARED=$BUILT/libremotemedia_ffi.so ;;
esac
readonly SHARED

# For what is needed in between; gone in the end, whatever ends it.
WORK=$(mktemp -d)
readonly WORK
trap 'rm -rf "$WORK"' EXIT

main() {
    [[ $PREFIX == /* ]] || fail "PREFIX is \"$PREFIX\", expected an absolute path"
    [ -e "$SHARED" ] || fail "$SHARED is not there; build it with make install, or cargo build -p remotemedia-ffi"
    mkdir -p "$TARGET/include/remotemedia" "$TARGET/lib/pkgconfig" "$TARGET/lib/cmake/RemoteMedia" \
        "$TARGET/share/remotemedia"
    install_headers
    install_libraries
    install -m 644 "$ROOT/schemas/manifest.v1.json" "$TARGET/share/remotemedia/"
    describe remotemedia.pc >"$TARGET/lib/pkgconfig/remotemedia.pc"
    local file
    for file in RemoteMediaConfig.cmake RemoteMediaConfigVersion.cmake; do
        describe $file >"$TARGET/lib/cmake/RemoteMedia/$file"
    done
}

# The C header, and the C++ ones beside it.
install_headers() {
    local cpp=$ROOT/bindings/cpp/include
    install -m 644 "$ROOT/remotemedia-ffi/include/remotemedia.h" "$cpp/remotemedia.hpp" "$TARGET/include/"
    install -m 644 "$cpp"/remotemedia/*.hpp "$TARGET/include/remotemedia/"
}

fail() {
    echo "install: $1" >&2
    exit 1
}

# The shared library under its full version, and the two names that lead to it: for the loader and for the linker.
install_libraries() {
    local full loaded linked
    case $SHARED in
    *.dylib)
        full=libremotemedia.$(version).dylib loaded=libremotemedia.$(abi MAJOR).dylib linked=libremotemedia.dylib
        ;;
    *)
        full=libremotemedia.so.$(version) loaded=libremotemedia.so.$(abi MAJOR) linked=libremotemedia.so
        ;;
    esac
    install -m 755 "$SHARED" "$TARGET/lib/$full"
    ln -sf "$full" "$TARGET/lib/$loaded"
    ln -sf "$loaded" "$TARGET/lib/$linked"
    if [ -e "$BUILT/libremotemedia_ffi.a" ]; then
        seal "$BUILT/libremotemedia_ffi.a" "$TARGET/lib/libremotemedia.a"
    fi
}

# seal FROM TO: one object, without what nothing uses, whose only names are those of the ABI. Two static libraries that
# were written in Rust can so be linked into one program.
seal() {
    if [ "$(uname)" = Darwin ]; then
        install -m 644 "$1" "$2"
        return
    fi
    local symbols
    mapfile -t symbols <"$ROOT/remotemedia-ffi/abi/symbols.txt"
    "$LD" -r --gc-sections "${symbols[@]/#/--undefined=}" --whole-archive "$1" -o "$WORK/whole.o"
    # The bitcode in Rust's own libraries is of no use to other compilers, and some archivers stumble over it.
    "$OBJCOPY" --wildcard --keep-global-symbol='rm_*' --remove-section=.llvmbc --remove-section=.llvmcmd \
        "$WORK/whole.o" "$WORK/remotemedia.o"
    rm -f "$2"
    "$AR" rcs "$2" "$WORK/remotemedia.o"
}

# A template of remotemedia-ffi/install with its values filled in. Only pkg-config's asks for the prefix, and blanks end
# a word there.
describe() {
    local text
    text=$(<"$ROOT/remotemedia-ffi/install/$1")
    text=${text//@PREFIX@/"${PREFIX// /\\ }"}
    text=${text//@VERSION@/"$(version)"}
    text=${text//@ABI_MAJOR@/"$(abi MAJOR)"}
    text=${text//@SYSTEM_LIBRARIES@/"$(system_libraries)"}
    printf '%s\n' "$text"
}

# What a program that links the static library needs besides.
system_libraries() {
    case $(uname) in
    Darwin) echo "-framework CoreFoundation -liconv -lSystem" ;;
    *) echo "-lgcc_s -lutil -lrt -lpthread -lm -ldl" ;;
    esac
}

version() {
    sed -n 's/^version = "\(.*\)"$/\1/p' "$ROOT/Cargo.toml" | head -1
}

abi() {
    sed -n "s/^pub const RM_ABI_$1: u32 = \([0-9]*\);$/\1/p" "$ROOT/remotemedia-ffi/src/abi.rs"
}

main
