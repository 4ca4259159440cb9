#!/usr/bin/env bash
# On GitHub only: asks for the identity of the job, with which the provider logs in.
# Needs the permission id-token: write, and BAO_ADDR, which is what the identity is
# for; BAO_AUDIENCE where the roles have another one. It is good for some minutes:
# run this right before the step that needs it.
set -euo pipefail

# Through pipes only: arguments can be seen by every process of the machine.
identity="$(curl --silent --show-error --fail --get \
  --header @<(printf 'Authorization: bearer %s\n' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN") \
  --data-urlencode "audience=${BAO_AUDIENCE:-$BAO_ADDR}" "$ACTIONS_ID_TOKEN_REQUEST_URL" | jq --exit-status --raw-output .value)"

echo "::add-mask::$identity"
echo "TERRAFORM_VAULT_AUTH_JWT=$identity" >>"$GITHUB_ENV"
