#!/usr/bin/env bash
# Installs the peers by package name, builds ours, measures both in one run, and writes benches/RESULTS.md.
#
# usage: benches/run.sh [HARNESS OPTIONS]      for example --rows python_hop,run_3 --repetitions 3
# With options the report of that part goes beside the peers, and RESULTS.md stays as it is.
# Peers are kept in ${XDG_CACHE_HOME:-~/.cache}/remotemedia-bench. A peer that cannot be installed is named in the report.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/remotemedia-bench
python=${PYTHON:-python3}

say() { printf 'bench: %s\n' "$*" >&2; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

install_gstreamer() {
  if ! pkg-config --exists gstreamer-1.0 2>/dev/null || ! [ -x "$(command -v gcc)" ]; then
    as_root apt-get update -q >/dev/null
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
      gcc pkg-config libgstreamer1.0-dev gstreamer1.0-plugins-base >/dev/null
  fi
  # shellcheck disable=SC2046 # the flags are words of their own
  gcc -O2 -Wall -o "$cache/gst_identity" "$here/peers/gst_identity.c" $(pkg-config --cflags --libs gstreamer-1.0)
}

# install_packages NAME PACKAGE…: a virtual environment of its own, made anew when the packages change.
install_packages() {
  local venv=$cache/$1
  shift
  if [ "$(cat "$venv/packages" 2>/dev/null)" != "$*" ]; then
    "$python" -m venv --clear "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check "$@"
    echo "$*" >"$venv/packages"
  fi
}

build_nodes() {
  cargo build --manifest-path "$root/Cargo.toml" --release -p remotemedia-benches
  local target
  target=$(cargo metadata --manifest-path "$root/Cargo.toml" --format-version 1 --no-deps |
    "$python" -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
  cp "$target/release/remotemedia-benches" "$cache/"
}

# Programs in C, C++ and Go, with the library that they were built for beside them.
build_hosts() {
  make -s -C "$root" install PREFIX="$cache/prefix"
  export PKG_CONFIG_PATH="$cache/prefix/lib/pkgconfig"
  local rpath="-Wl,-rpath,$cache/prefix/lib" flags
  flags=$(pkg-config --cflags --libs remotemedia)
  # shellcheck disable=SC2086 # the flags are words of their own
  cc -O2 "$here/c/host_call.c" -o "$cache/host_call_c" $flags "$rpath"
  # shellcheck disable=SC2086
  c++ -std=c++17 -O2 "$here/cpp/host_call.cpp" -o "$cache/host_call_cpp" $flags "$rpath"
  (cd "$root/bindings/go" && CGO_LDFLAGS="$rpath" go build -o "$cache/host_call_go" ./bench)
}

build_wheel() {
  install_packages ours numpy 'maturin>=1.9,<2'
  rm -rf "$cache/wheel"
  "$cache/ours/bin/maturin" build --release --quiet --manifest-path "$root/bindings/python/Cargo.toml" \
    --interpreter "$cache/ours/bin/python" --out "$cache/wheel"
  "$cache/ours/bin/pip" install -q --disable-pip-version-check --force-reinstall --no-deps "$cache"/wheel/*.whl
}

# attempt WHAT COMMAND…: goes on without what cannot be had; the report then says so.
# Not `("$@") || …`: within such a condition bash ignores `set -e`, and a step would go on after its first failure.
attempt() {
  local what=$1 code
  shift
  say "$what"
  set +e
  (set -e && "$@")
  code=$?
  set -e
  [ "$code" = 0 ] || say "$what: failed, goes on without"
}

mkdir -p "$cache"
attempt 'GStreamer' install_gstreamer
attempt 'pure Python executors' install_packages pure numpy
attempt 'pipecat-ai' install_packages pipecat pipecat-ai==1.14.0
attempt 'remotemedia-client' install_packages earlier remotemedia-client==0.2.0
attempt 'native benchmarks' build_nodes
attempt 'C, C++ and Go' build_hosts
attempt 'the wheel' build_wheel
report=$here/RESULTS.md
[ $# = 0 ] || report=$cache/RESULTS.md
cd "$here"
"$python" harness.py --cache "$cache" --out "$report" "$@"
say "wrote $report"
