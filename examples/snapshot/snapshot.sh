#!/bin/sh
# snapshot.sh FILE saves a Raft snapshot of OpenBao to a new file. The file is
# readable by its owner only and appears when it is whole: every checksum in it
# is right. One that is there already is not overwritten. It needs BAO_ADDR and
# BAO_TOKEN, and of the token: path "sys/storage/raft/snapshot" { capabilities = ["read"] }
set -eu
umask 077

file=$1
folder=$(dirname "$file")
mkdir -p "$folder"
if [ -e "$file" ]; then
	echo "$file is there already; nothing was overwritten" >&2
	exit 1
fi

partial=$(mktemp -d "$folder/.snapshot.XXXXXX")
trap 'rm -rf "$partial"' EXIT
trap 'exit 1' INT TERM

bao operator raft snapshot save "$partial/raft.snap"
mkdir "$partial/content"
tar -xmzf "$partial/raft.snap" -C "$partial/content"
(cd "$partial/content" && test -s SHA256SUMS.sealed && grep -q state.bin SHA256SUMS && sha256sum --quiet -c SHA256SUMS)
sync "$partial/raft.snap"
# A link, unlike a move, fails where another file has appeared meanwhile.
ln "$partial/raft.snap" "$file"
echo "saved to $file"
