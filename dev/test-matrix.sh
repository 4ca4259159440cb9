#!/usr/bin/env bash
# test-matrix.sh [ARGUMENT...] runs the acceptance tests, and those of the
# documentation, on every CLI that the provider is made for, one after the other,
# and prints a table in the end. The arguments go to go test. A CLI that is
# missing or fails fails the whole.
#
#   Terraform 1.11      $TERRAFORM_1_11, else terraform on the PATH
#   Terraform, newest   built from tools/terraform
#   OpenTofu, newest    built from tools/tofu
set -uo pipefail

# As in resolve.sh: a user's own settings are of no use here.
export TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
table=()
failed=0

row() { table+=("$(printf '%-22s %-8s %s' "$1" "$2" "$3")"); }

# on NAME BINARY ARGUMENT... tests on one CLI.
on() {
	local name=$1 cli=$2 began=$SECONDS line
	shift 2
	line=$("$cli" version) || line="$name (does not start)"
	line=${line%%$'\n'*}
	printf '\n=== %s\n' "$line"
	if TF_CLI_BINARY=$cli "$root/dev/resolve.sh" go test "$@" ./internal/provider ./internal/doctest; then
		row "$line" passed "$((SECONDS - began)) s"
	else
		row "$line" FAILED "$((SECONDS - began)) s"
		failed=1
	fi
}

# oldest prints the path of a Terraform 1.11.
oldest() {
	local cli
	cli=$(command -v -- "${TERRAFORM_1_11:-terraform}") || return 1
	[[ $("$cli" version) == "Terraform v1.11."* ]] && realpath -s -- "$cli"
}

cd "$root" || exit
if cli=$(oldest); then
	on "Terraform 1.11" "$cli" "$@"
else
	echo "Terraform 1.11 is missing: ${TERRAFORM_1_11:-terraform on the PATH} is none." \
		"Install it from https://releases.hashicorp.com/terraform/1.11.4/ and run:" \
		"TERRAFORM_1_11=/path/to/terraform make test-matrix" >&2
	row "Terraform 1.11" MISSING "see above"
	failed=1
fi
for name in terraform tofu; do
	if cli=$(dev/build-cli.sh "$name"); then
		on "$name" "$cli" "$@"
	else
		row "$name of tools/$name" MISSING "it does not build"
		failed=1
	fi
done

printf '\n%-22s %-8s %s\n' CLI result time
printf '%s\n' "${table[@]}"
exit "$failed"
