package ociemu

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// request is what a call's answer depends on.
type request struct {
	call      string
	caller    principal
	arguments []string // values of the path's placeholders, in order
	query     map[string]string
	now       time.Time
}

// operation is one call of an API.
type operation struct {
	call       string
	method     string
	path       string // placeholders are {}
	parameters []parameter
	answer     func(*Emulator, request) answer // nil for calls that would change something
}

var operations = []operation{
	{"identity.ListCompartments", http.MethodGet, "/20160918/compartments", compartmentParameters, (*Emulator).listCompartments},
	{"identity.ListRegions", http.MethodGet, "/20160918/regions", nil, (*Emulator).listRegions},
	{"kms.ListVaults", http.MethodGet, "/20180608/vaults", vaultParameters, (*Emulator).listVaults},
	{"vault.ListSecrets", http.MethodGet, "/20180608/secrets", secretParameters, (*Emulator).listSecrets},
	{"vault.GetSecret", http.MethodGet, "/20180608/secrets/{}", nil, (*Emulator).getSecret},
	{"vault.ListSecretVersions", http.MethodGet, "/20180608/secrets/{}/versions", versionParameters, (*Emulator).listSecretVersions},
	{"vault.GetSecretVersion", http.MethodGet, "/20180608/secrets/{}/version/{}", nil, (*Emulator).getSecretVersion},
	{"secrets.GetSecretBundleByName", http.MethodPost, "/20190301/secretbundles/actions/getByName", bundleByNameParameters, (*Emulator).getSecretBundleByName},
	{"secrets.GetSecretBundle", http.MethodGet, "/20190301/secretbundles/{}", bundleParameters, (*Emulator).getSecretBundle},
	{"secrets.ListSecretBundleVersions", http.MethodGet, "/20190301/secretbundles/{}/versions", versionParameters, (*Emulator).listSecretBundleVersions},

	{"vault.CreateSecret", http.MethodPost, "/20180608/secrets", nil, nil},
	{"vault.UpdateSecret", http.MethodPut, "/20180608/secrets/{}", nil, nil},
	{"vault.ScheduleSecretDeletion", http.MethodPost, "/20180608/secrets/{}/actions/scheduleDeletion", nil, nil},
	{"vault.CancelSecretDeletion", http.MethodPost, "/20180608/secrets/{}/actions/cancelDeletion", nil, nil},
	{"vault.RotateSecret", http.MethodPost, "/20180608/secrets/{}/actions/rotate", nil, nil},
	{"vault.CancelSecretRotation", http.MethodPost, "/20180608/secrets/{}/actions/cancelRotation", nil, nil},
	{"vault.ChangeSecretCompartment", http.MethodPost, "/20180608/secrets/{}/actions/changeCompartment", nil, nil},
	{"vault.ScheduleSecretVersionDeletion", http.MethodPost, "/20180608/secrets/{}/version/{}/actions/scheduleDeletion", nil, nil},
	{"vault.CancelSecretVersionDeletion", http.MethodPost, "/20180608/secrets/{}/version/{}/actions/cancelDeletion", nil, nil},
	{"kms.CreateVault", http.MethodPost, "/20180608/vaults", nil, nil},
	{"identity.CreateCompartment", http.MethodPost, "/20160918/compartments", nil, nil},
}

// route is where a request leads: to a call, or to a refusal.
type route struct {
	operation
	arguments []string
	write     bool
	refusal   *answer
}

// findRoute matches the raw path: OCI does not clean paths, and a redirect would
// hide a client's mistake.
func findRoute(method, rawPath string) route {
	write := method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
	pathKnown := false
	for _, op := range operations {
		arguments, matched := matchPath(op.path, rawPath)
		switch {
		case !matched:
		case op.method != method:
			pathKnown = true
		case op.answer == nil:
			refusal := refuseNotFound("the call would change something")
			return route{operation: op, arguments: arguments, write: true, refusal: &refusal}
		default:
			return route{operation: op, arguments: arguments}
		}
	}
	refusal := notFound.answer("No call has this path.")
	switch {
	case write && changesState(rawPath):
		refusal = refuseNotFound("the call would change something")
	case pathKnown:
		refusal = methodNotAllowed.answer("The method is not allowed for this path.")
	}
	return route{write: write, refusal: &refusal}
}

// changesState tells whether a path belongs to an API that has writing calls:
// identity, vault and kms do, secrets does not.
func changesState(rawPath string) bool {
	return strings.HasPrefix(rawPath, "/20160918/") || strings.HasPrefix(rawPath, "/20180608/")
}

func matchPath(pattern, rawPath string) (arguments []string, matched bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(rawPath, "/")
	if len(want) != len(got) {
		return nil, false
	}
	for i := range want {
		segment, err := url.PathUnescape(got[i])
		switch {
		case err != nil:
			return nil, false
		case want[i] == "{}" && segment != "":
			arguments = append(arguments, segment)
		case want[i] != segment:
			return nil, false
		}
	}
	return arguments, true
}

func contentLength(body []byte) string { return strconv.Itoa(len(body)) }
