#!/usr/bin/env bash
# Makes a plan and saves it as terraform/reviewed.tfplan. Tells GitHub whether
# there are changes. An error of the plan is an error of the job.
set -euo pipefail
terraform="${TF_CLI:-terraform}"

"$terraform" -chdir=terraform init -input=false -no-color
status=0
"$terraform" -chdir=terraform plan -input=false -no-color -detailed-exitcode -out=reviewed.tfplan || status=$?
case "$status" in
0) changes=false ;;
2) changes=true ;;
*) exit "$status" ;;
esac
echo "changes=$changes" >>"${GITHUB_OUTPUT:-/dev/null}"
