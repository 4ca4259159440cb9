#!/usr/bin/env bash
# Applies the saved plan and nothing else: exactly the versions that were reviewed.
# Where the state moved on since, or OpenBao did, it fails, and the job for the
# plan has to run again.
set -euo pipefail
terraform="${TF_CLI:-terraform}"

"$terraform" -chdir=terraform init -input=false -no-color
"$terraform" -chdir=terraform apply -input=false -no-color reviewed.tfplan
