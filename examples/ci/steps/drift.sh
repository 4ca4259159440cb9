#!/usr/bin/env bash
# Looks for drift, and for what was never applied. Exit code 2 of the plan is drift:
# it writes drift.md, and fails with 2 if FAIL_ON_DRIFT is true. Any other code but
# 0 is an error, which must not be taken for drift: it fails with 1.
set -euo pipefail
terraform="${TF_CLI:-terraform}"

"$terraform" -chdir=terraform init -input=false -no-color
rm -f drift.md drift.txt
status=0
"$terraform" -chdir=terraform plan -input=false -no-color -lock=false -detailed-exitcode >drift.txt 2>&1 || status=$?
cat drift.txt
case "$status" in
0) drift=false ;;
2) drift=true ;;
*)
  echo "The plan failed with exit code $status. This is an error and says nothing of drift." >&2
  exit 1
  ;;
esac
echo "drift=$drift" >>"${GITHUB_OUTPUT:-/dev/null}"
if [ "$drift" = true ]; then
  printf 'OpenBao is not what the configuration and OCI Vault say:\n\n```text\n%s\n```\n' "$(head -c 50000 drift.txt)" >drift.md
  if [ "${FAIL_ON_DRIFT:-false}" = true ]; then
    exit 2
  fi
fi
