#!/bin/sh
# Sets up the auth method that openbao/main.tf mounted. Needs bao, BAO_ADDR,
# BAO_CACERT and BAO_TOKEN. Inside a pod OpenBao reads its own service account's
# token and authority, so only the address is given; the chart's authDelegator lets
# that account review tokens.
set -eu

bao write auth/kubernetes/config kubernetes_host=https://kubernetes.default.svc

# The service account of the chart's CronJob.
bao write auth/kubernetes/role/snapshot \
  bound_service_account_names=openbao-snapshot \
  bound_service_account_namespaces=openbao \
  token_policies=snapshot \
  token_ttl=10m

# An application in the cluster.
bao write auth/kubernetes/role/app \
  bound_service_account_names=app \
  bound_service_account_namespaces=default \
  token_policies=app \
  token_ttl=20m
