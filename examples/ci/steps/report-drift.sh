#!/usr/bin/env bash
# Puts drift.md into the open issue about drift, or opens one.
set -euo pipefail
title="Drift between OCI Vault and OpenBao"

number="$(gh issue list --state open --search "\"$title\" in:title" --json number --jq '.[0].number // empty')"
if [ -n "$number" ]; then
  gh issue comment "$number" --body-file drift.md
else
  gh issue create --title "$title" --body-file drift.md
fi
