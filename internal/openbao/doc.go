// Package openbao reaches OpenBao: it implements the port [migrate.Target]
// over the official API client and adds mounts, auth mounts, policies, AppRole
// and the system calls that the resources need.
//
// One [Client] serves one provider configuration. It dials nothing before its
// first request, reads no BAO_* or VAULT_* variable, and sends every request
// through one place that knows which requests may be repeated, how long to
// wait, and what an answer means. Errors are of the type [*Error] and wrap the
// sentinels of package migrate and of this one.
//
// Namespaces that methods take are relative to the client's own; see
// [JoinNamespace]. Durations of the API are whole seconds, as in OpenBao.
package openbao
