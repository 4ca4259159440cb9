#!/usr/bin/env bash
# fuzz.sh SECONDS [PACKAGE...] lets each fuzz target of these packages look for
# new inputs for so long, and ends with the first failure. Go writes the input
# that failed below testdata/fuzz of the package: commit it with the fix.
#
# Without packages it takes those whose dependencies compile in no time with the
# instruments for fuzzing; every target's seeds run with the tests anyway.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=$1
shift
packages=("$@")
((${#packages[@]})) || packages=(./internal/migrate ./internal/aclpolicy ./internal/openbao ./internal/ociemu)

for package in "${packages[@]}"; do
	targets=$(go test -list '^Fuzz' "$package" | grep '^Fuzz') || { echo "$package has no fuzz targets" >&2; exit 1; }
	for target in $targets; do
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${seconds}s" "$package"
	done
done
