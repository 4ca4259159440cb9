#!/usr/bin/env bash
# Puts comment.md on the merge request. Needs a project access token with the scope
# api as GITLAB_COMMENT_TOKEN: the job's own token may not comment.
set -euo pipefail

curl --silent --show-error --fail --output /dev/null \
  --header @<(printf 'PRIVATE-TOKEN: %s\n' "$GITLAB_COMMENT_TOKEN") --data-urlencode "body@comment.md" \
  "$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes"
