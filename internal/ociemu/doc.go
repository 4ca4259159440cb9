// Package ociemu is a strict emulator of the parts of Oracle Cloud
// Infrastructure that a reader of secrets talks to: the secrets API, the vault
// API, the key management API's list of vaults, and the identity API's lists of
// compartments and regions. All four are one [http.Handler]; the version at the
// head of the path tells them apart.
//
// It verifies request signatures, refuses what OCI refuses, and answers every
// call that would change something with 404 while noting that it was tried.
// Tests change its state through the methods of [Emulator], break its answers
// with [Fault] rules, step in at an exact request with [Emulator.OnRequest], and
// read what arrived from [Emulator.Requests], which never holds a secret.
//
// # Where the behaviour of OCI is not known
//
// These are decisions of the emulator, and nothing should depend on them:
//
//   - Content of a secret or version that is scheduled for deletion, or in any
//     state other than ACTIVE and UPDATING, is refused with 409 IncorrectState;
//     [WithPendingDeletionAnswer] changes that.
//   - Content that an expiry rule blocks is refused with 409 IncorrectState;
//     [WithBlockedRetrievalAnswer] changes that.
//   - limit is 1 to 1000.
//   - The stage DEPRECATED selects the highest version number that carries it.
//   - Empty, unknown and repeated query parameters are 400 InvalidParameter.
//   - A filter by a vault that does not exist gives an empty list.
//   - Lists without sortBy are ordered by creation, newest first, and versions
//     by number, highest first.
//   - A path that no API has is 404 NotFound; a wrong method on a known path is
//     405 MethodNotAllowed unless it is a call that would change something.
//   - When the time of deletion has passed, a secret or version is gone.
//
// The package imports nothing but the standard library.
package ociemu
