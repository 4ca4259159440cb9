bao auth enable jwt
bao write auth/jwt/config \
  oidc_discovery_url=https://token.actions.githubusercontent.com \
  bound_issuer=https://token.actions.githubusercontent.com
bao write auth/jwt/role/migration - <<'JSON'
{
  "role_type": "jwt",
  "user_claim": "repository",
  "bound_audiences": ["https://bao.example.com"],
  "bound_claims": { "repository": "acme/platform", "ref": "refs/heads/main" },
  "token_policies": ["migration"],
  "token_ttl": "15m"
}
JSON
