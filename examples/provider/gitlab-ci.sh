bao auth enable jwt
bao write auth/jwt/config \
  oidc_discovery_url=https://gitlab.example.com \
  bound_issuer=https://gitlab.example.com
bao write auth/jwt/role/migration - <<'JSON'
{
  "role_type": "jwt",
  "user_claim": "project_path",
  "bound_audiences": ["https://bao.example.com"],
  "bound_claims": { "project_path": "acme/platform", "ref_protected": "true" },
  "token_policies": ["migration"],
  "token_ttl": "15m"
}
JSON
