#!/usr/bin/env bash
# Exchanges the identity of the job for a token of OpenBao that lives for minutes.
# Needs BAO_ADDR and BAO_ROLE, a role of the auth method jwt; on GitHub the
# permission id-token: write, on GitLab an id_token named BAO_ID_TOKEN.
# GitLab sources this file, GitHub runs it.
set -euo pipefail

audience="${BAO_AUDIENCE:-$BAO_ADDR}"
if [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ]; then
  BAO_ID_TOKEN="$(curl --silent --show-error --fail --get \
    --header @<(printf 'Authorization: bearer %s\n' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN") \
    --data-urlencode "audience=$audience" "$ACTIONS_ID_TOKEN_REQUEST_URL" | jq --exit-status --raw-output .value)"
fi

# Through pipes only: arguments can be seen by every process of the machine.
BAO_TOKEN="$(printf '{"role":"%s","jwt":"%s"}' "$BAO_ROLE" "$BAO_ID_TOKEN" |
  curl --silent --show-error --fail ${BAO_CACERT:+--cacert "$BAO_CACERT"} --data @- "$BAO_ADDR/v1/auth/jwt/login" | jq --exit-status --raw-output .auth.client_token)"
export BAO_TOKEN

if [ -n "${GITHUB_ENV:-}" ]; then
  echo "::add-mask::$BAO_TOKEN"
  echo "BAO_TOKEN=$BAO_TOKEN" >>"$GITHUB_ENV"
fi
