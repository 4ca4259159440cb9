// Package migrate is the migration core: it knows what a secret of OCI Vault
// becomes in an OpenBao KV engine, what it takes to get there, and what has
// drifted since. It imports nothing but the standard library; OCI and OpenBao
// are reached through the ports [Source] and [Target].
//
// One secret's way is [Observe], [Decide], [Execute].
package migrate
