// Package ocivault is the adapter to OCI Vault: it implements [migrate.Source]
// over the OCI Go SDK and adds the listings that an inventory needs.
//
// It only reads. The one place through which requests leave refuses everything
// but GET and the POST of GetSecretBundleByName, whatever the SDK is asked to do.
//
// The SDK's own retries, circuit breaker, transport and logging are switched
// off: retries here know the context and Retry-After, and the SDK's debug log
// would print secrets.
package ocivault
