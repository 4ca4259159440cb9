#!/usr/bin/env bash
# fuzz.sh SECONDS lets each fuzz target look for new inputs for so long, and ends
# with the first failure. Go writes the input that failed below testdata/fuzz of
# the package: commit it with the fix.
#
# The seeds of all targets run with the tests. Left out here are packages that
# take minutes to compile with the instruments for fuzzing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for package in ./internal/{migrate,aclpolicy,openbao,ociemu}; do
	targets=$(go test -list '^Fuzz' "$package" | grep '^Fuzz')
	for target in $targets; do
		printf '%s %s ' "$package" "$target"
		if ! output=$(go test -run '^$' -fuzz "^$target\$" -fuzztime "$1s" "$package" 2>&1); then
			printf 'fails\n%s\n' "$output"
			exit 1
		fi
		printf 'ok\n'
	done
done
