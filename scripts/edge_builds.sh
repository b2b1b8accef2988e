#!/usr/bin/env bash
# Builds the library for small machines, one feature set after the other, and writes what each costs to
# docs/edge-builds.md: the size of the stripped library, the crates linked into it, and the time from nothing to the
# first result. Fails if the core alone is larger than it may be.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly REPORT=docs/edge-builds.md
readonly CORE_LIMIT=1500000
readonly STARTS=21
readonly VENV=.venv
TARGET=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
readonly TARGET
readonly WORK=$TARGET/edge-builds

main() {
    mkdir -p "$WORK"
    cc -O2 -Iremotemedia-ffi/include -o "$WORK/cold_start" scripts/edge/cold_start.c -ldl
    local rows
    rows=$(
        library "core only" "" "nodes of the host; the executor, queues, metrics, inspection"
        library "+ flow, math, text" flow,math,text "nodes without media"
        library "+ audio, files" flow,math,text,audio,file "voice pipelines without neural networks"
        library "+ ONNX, sound devices" flow,math,text,audio,file,onnx,device "all standard nodes"
        library "+ packages, registries (the default)" flow,math,text,audio,file,onnx,device,pkg,registry \
            "pipelines in signed files and from registries"
        library "+ audio, files, CPython" flow,math,text,audio,file,cpython "voice pipelines with nodes in Python"
        library "everything" flow,math,text,audio,file,onnx,device,pkg,registry,cpython "the default, and nodes in Python"
        wheel "the Python package" flow,math,text,audio,file,onnx,device,otel-tls "the wheel as it is published"
    )
    report "$rows" >$REPORT
    cat $REPORT
}

# library WHAT FEATURES USE: a row about libremotemedia.so.
library() {
    cargo rustc --locked --quiet --profile edge -p remotemedia-ffi --crate-type cdylib \
        --no-default-features --features "$2"
    local file=$TARGET/edge/libremotemedia_ffi.so
    if [ -z "$2" ] && [ "$(bytes "$file")" -gt $CORE_LIMIT ]; then
        echo "edge: the core alone has $(bytes "$file") bytes, expected at most $CORE_LIMIT" >&2
        exit 1
    fi
    local -a start=("$WORK/cold_start" "$file")
    if [[ $2 == *cpython* ]]; then
        start+=(scripts/edge)
    fi
    row "$1" "libremotemedia.so" "$file" "$(crates remotemedia-ffi "$2")" "$(median "${start[@]}")" "$3"
}

# wheel WHAT FEATURES USE: a row about the Python package's native module.
wheel() {
    cargo rustc --locked --quiet --profile edge -p remotemedia-py --crate-type cdylib \
        --no-default-features --features "$2"
    local package=$WORK/python
    rm -rf "$package"
    mkdir -p "$package"
    cp -r bindings/python/remotemedia "$package/"
    cp "$TARGET/edge/lib_native.so" "$package/remotemedia/_native.abi3.so"
    row "$1" "_native.abi3.so" "$TARGET/edge/lib_native.so" "$(crates remotemedia-py "$2")" \
        "$(median "$VENV/bin/python" scripts/edge/cold_start.py "$package")" "$3"
}

row() {
    local megabytes
    megabytes=$(awk -v bytes="$(bytes "$3")" 'BEGIN { printf "%.2f MB", bytes / 1e6 }')
    echo "| $1 | \`$2\` | $megabytes | $4 | $5 ms | $6 |"
}

bytes() {
    stat -c %s "$1"
}

# The crates of others that are linked in.
crates() {
    cargo tree --locked --quiet -p "$1" --no-default-features --features "$2" -e normal,no-proc-macro --prefix none |
        sed 's/ (\*)$//' | grep -v '^remotemedia' | sort -u | wc -l
}

# The middle one of several runs of a command that prints a number.
median() {
    for _ in $(seq $STARTS); do "$@"; done | sort -g | sed -n "$((STARTS / 2 + 1))p" | xargs printf '%.1f'
}

report() {
    cat <<END
# Builds for small machines

\`make edge\` builds these with the profile \`edge\` of Cargo.toml (optimised for size, whole-program, stripped) and
writes this table. Sizes are of the library itself, as a file; nothing but the C library is needed beside it, and
\`libpython\` with its standard library where it has CPython. Dependencies are the crates of others that are linked in.
Cold start is the time from loading the library to the first result of a session, the median of $STARTS starts.

Measured on $(uname -m), $(rustc --version | cut -d' ' -f1,2).

| features | library | size | dependencies | cold start | for |
|---|---|---:|---:|---:|---|
$1

In the rows with CPython the result is that of a node in Python, and the cold start counts the start of the interpreter
inside the host: [Python nodes in a C host](python-in-c.md). The Python package is its native module, \`_native.abi3.so\`:
the interpreter that imports it is the host, runs already, and the cold start counts that import.

To build one of the others:

\`\`\`sh
cargo rustc --profile edge -p remotemedia-ffi --crate-type cdylib,staticlib --no-default-features --features flow,audio
scripts/install.sh target/edge /usr/local
\`\`\`

A function whose feature is left out is there all the same, so that one header fits every build; \`rm_feature_enabled\`
tells what a build has, and a manifest that names a node which is left out is refused with its name.

On 64-bit ARM: \`scripts/cross_aarch64.sh\` builds the core for aarch64 with Debian's cross compiler and runs the C
tests under qemu.
END
}

main
