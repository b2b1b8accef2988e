#!/usr/bin/env bash
# Builds the Python package and installs it into .venv. PROFILE=release builds it optimised.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../bindings/python"
readonly venv=$PWD/../../.venv
args=(--quiet)
if [ "${PROFILE:-release}" = release ]; then
    args+=(--release)
fi
VIRTUAL_ENV=$venv PATH=$venv/bin:$PATH "$venv/bin/maturin" develop "${args[@]}"
