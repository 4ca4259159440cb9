#!/usr/bin/env bash
# other-engine.sh COMMAND... is resolve.sh with the engine that it would not take:
# OpenTofu next to a Terraform, Terraform next to an OpenTofu.
set -euo pipefail

resolve=$(dirname "${BASH_SOURCE[0]}")/resolve.sh
line=$("$resolve" sh -c '"$OCIBAO_TEST_CLI" version' 2>/dev/null) || exec "$resolve" "$@"
case $line in
OpenTofu*) engine=terraform ;;
*) engine=tofu ;;
esac
unset TF_CLI_BINARY
TF_ENGINES=$engine exec "$resolve" "$@"
