#!/usr/bin/env bash
# resolve.sh COMMAND... runs COMMAND with the paths of what the tests and the
# demo drive in its environment:
#
#   OCIBAO_TEST_BAO           the server: $BAO_BINARY, else bao on the PATH, else
#                             the embedded one, built here
#   OCIBAO_TEST_CLI           the CLI: $TF_CLI_BINARY, else terraform or tofu on
#                             the PATH, else OpenTofu, built here; $TF_ENGINES,
#                             "tofu" say, leaves only some to choose from
#   OCIBAO_TEST_PROVIDER_DIR  the directory with the provider binary
#
# It says on standard error which ones it took.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=$root/bin

say() { printf '%s\n' "$*" >&2; }
die() {
	say "$@"
	exit 1
}

# executable NAME prints the absolute path of an executable, by name or by path.
executable() {
	local path
	path=$(command -v -- "$1") || return 1
	case $path in
	/*) printf '%s' "$path" ;;
	*) printf '%s' "$PWD/$path" ;;
	esac
}

# version BINARY prints the first line of its version.
version() {
	local text
	text=$("$1" version) || return 1
	printf '%s' "${text%%$'\n'*}"
}

# recent LINE tells whether a CLI's version line names 1.11 or later, the first
# with ephemeral values and write-only arguments.
recent() {
	[[ $1 =~ v([0-9]+)\.([0-9]+) ]] || return 1
	((BASH_REMATCH[1] > 1 || (BASH_REMATCH[1] == 1 && BASH_REMATCH[2] >= 11)))
}

resolve_server() {
	if [[ -n ${BAO_BINARY:-} ]]; then
		OCIBAO_TEST_BAO=$(executable "$BAO_BINARY") || die "BAO_BINARY=$BAO_BINARY is no executable"
	elif OCIBAO_TEST_BAO=$(executable bao); then
		:
	else
		OCIBAO_TEST_BAO=$bin/embedded-bao
		if [[ ! -x $OCIBAO_TEST_BAO ]]; then
			say "No bao on the PATH: building the embedded OpenBao-compatible server." \
				"The first time that downloads about 160 MB and takes about 2 minutes; later builds are cached."
		fi
		CGO_ENABLED=0 go -C "$root/dev" build -trimpath -ldflags '-s -w' -o "$OCIBAO_TEST_BAO" ./cmd/embedded-bao
	fi
	local line
	line=$(version "$OCIBAO_TEST_BAO") || die "$OCIBAO_TEST_BAO does not say its version"
	say "server:   $line ($OCIBAO_TEST_BAO)"
}

resolve_cli() {
	local line candidate
	if [[ -n ${TF_CLI_BINARY:-} ]]; then
		OCIBAO_TEST_CLI=$(executable "$TF_CLI_BINARY") || die "TF_CLI_BINARY=$TF_CLI_BINARY is no executable"
		line=$(version "$OCIBAO_TEST_CLI") || die "$OCIBAO_TEST_CLI does not say its version"
		recent "$line" || die "$OCIBAO_TEST_CLI is $line; the provider needs 1.11 or later"
		say "CLI:      $line ($OCIBAO_TEST_CLI)"
		return
	fi
	local -a engines
	read -ra engines <<<"${TF_ENGINES:-terraform tofu}"
	for candidate in "${engines[@]}"; do
		OCIBAO_TEST_CLI=$(executable "$candidate") || continue
		line=$(version "$OCIBAO_TEST_CLI") || continue
		if recent "$line"; then
			say "CLI:      $line ($OCIBAO_TEST_CLI)"
			return
		fi
		say "Passing over $OCIBAO_TEST_CLI: $line is older than 1.11."
	done
	candidate=${engines[-1]}
	say "No ${engines[*]} of 1.11 or later on the PATH: taking the $candidate of tools/$candidate."
	OCIBAO_TEST_CLI=$("$root/dev/build-cli.sh" "$candidate")
	say "CLI:      $(version "$OCIBAO_TEST_CLI") ($OCIBAO_TEST_CLI)"
}

# A user's own CLI configuration could name another build of the provider, or a
# file that is not there; and no run here has any use for a look at what is new.
export TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1

# The same goes for settings of OpenBao and of OCI, and for a proxy to what is on
# this machine.
for name in $(compgen -e); do
	case $name in
	BAO_BINARY | TF_CLI_BINARY | TF_ENGINES | TF_CLI_CONFIG_FILE | TF_IN_AUTOMATION) ;;
	TF_* | BAO_* | VAULT_* | OCI_*) unset "$name" ;;
	esac
done
export no_proxy=127.0.0.1,localhost,${no_proxy:-${NO_PROXY:-}}
export NO_PROXY=$no_proxy

resolve_server
resolve_cli
OCIBAO_TEST_PROVIDER_DIR=$bin
[[ -x $bin/terraform-provider-ocibao ]] || die "The provider is not built; run: make build"
say "provider: $bin/terraform-provider-ocibao"
export OCIBAO_TEST_BAO OCIBAO_TEST_CLI OCIBAO_TEST_PROVIDER_DIR
exec "$@"
