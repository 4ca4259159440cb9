#!/usr/bin/env bash
# Revokes the token of the job; without one there is nothing to do.
set -euo pipefail

if [ -n "${BAO_TOKEN:-}" ]; then
  curl --silent --show-error --fail ${BAO_CACERT:+--cacert "$BAO_CACERT"} --request POST \
    --header @<(printf 'X-Vault-Token: %s\n' "$BAO_TOKEN") "$BAO_ADDR/v1/auth/token/revoke-self"
fi
