#!/usr/bin/env bash
# Checks that each feature of each crate builds alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cargo metadata --no-deps --format-version 1 | python3 -c '
import json, sys
for package in json.load(sys.stdin)["packages"]:
    for feature in ["", *sorted(package["features"])]:
        print(package["name"], feature)
' | while read -r package feature; do
    echo "checking $package ${feature:-without features}"
    cargo check --quiet --package "$package" --no-default-features --features "$feature"
done
