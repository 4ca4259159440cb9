#!/usr/bin/env bash
# Writes comment.md about the saved plan: its summary, the coverage, the whole text.
# None of it holds a value.
set -euo pipefail
terraform="${TF_CLI:-terraform}"

text="$("$terraform" -chdir=terraform show -no-color reviewed.tfplan)"
coverage="$("$terraform" -chdir=terraform show -json reviewed.tfplan | jq --raw-output '
  [.prior_state.values.root_module.resources[]? | select(.type == "ocibao_migration_coverage") | .values.markdown] |
  if length > 0 then join("\n") else "The coverage is known after apply." end')"
summary="$(grep -E -m 1 '^(Plan: |No changes\.)' <<<"$text" || echo 'Only outputs change.')"
{
  printf '### %s\n\n%s\n\n' "$summary" "$coverage"
  printf '<details><summary>The plan</summary>\n\n```text\n%s\n```\n\n</details>\n' "$(head -c 50000 <<<"$text")"
} >comment.md
