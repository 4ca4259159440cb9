#!/usr/bin/env bash
# build-cli.sh tofu|terraform builds a CLI, of the version that tools/ pins, into
# bin/ and prints its path. It says on standard error when that takes a while.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
name=${1:-}

# build MINUTES MEGABYTES PACKAGE VERSION_PACKAGE
build() {
	if [[ ! -x $root/bin/$name ]]; then
		printf '%s\n' "Building $name from tools/$name." \
			"The first time that downloads about $2 MB and takes about $1 minutes of CPU; later builds are cached." >&2
	fi
	CGO_ENABLED=0 go -C "$root/tools/$name" build -trimpath -ldflags "-s -w -X $4.dev=no" -o "$root/bin/$name" "$3" >&2
}

# Without version.dev=no each takes itself for a development build.
case $name in
tofu) build 6 250 github.com/opentofu/opentofu/cmd/tofu github.com/opentofu/opentofu/version ;;
terraform) build 5 200 github.com/hashicorp/terraform github.com/hashicorp/terraform/version ;;
*)
	echo "usage: build-cli.sh tofu|terraform" >&2
	exit 2
	;;
esac
printf '%s' "$root/bin/$name"
