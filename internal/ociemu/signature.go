package ociemu

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// allowedSkew is how far the date of a request may be from the emulator's clock.
const allowedSkew = 5 * time.Minute

// authorization is the parsed Authorization header of a signed request.
type authorization struct {
	keyID     string
	headers   []string // lower-case names, in the order in which they were signed
	signature []byte
}

// parseAuthorization reads `Signature name="value",…` with the parameters in any
// order. Errors never quote the header.
func parseAuthorization(header string) (authorization, error) {
	scheme, rest, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Signature") {
		return authorization{}, errors.New("the Authorization header is missing or has another scheme than Signature")
	}
	parameters, err := parseParameters(rest)
	if err != nil {
		return authorization{}, err
	}
	for _, name := range []string{"version", "keyId", "algorithm", "headers", "signature"} {
		if parameters[name] == "" {
			return authorization{}, fmt.Errorf("the Authorization header has no %s", name)
		}
	}
	if parameters["version"] != "1" {
		return authorization{}, errors.New("the version of the signature is not 1")
	}
	if parameters["algorithm"] != "rsa-sha256" {
		return authorization{}, errors.New("the algorithm is not rsa-sha256")
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(parameters["signature"])
	if err != nil {
		return authorization{}, errors.New("the signature is not valid base64")
	}
	headers := strings.Split(strings.ToLower(parameters["headers"]), " ")
	for i, name := range headers {
		if name == "" || slices.Contains(headers[:i], name) {
			return authorization{}, errors.New("the list of signed headers has an empty or repeated name")
		}
	}
	return authorization{keyID: parameters["keyId"], headers: headers, signature: signature}, nil
}

func parseParameters(text string) (map[string]string, error) {
	errSyntax := errors.New(`the Authorization header is not a list of name="value"`)
	parameters := map[string]string{}
	for {
		name, rest, found := strings.Cut(strings.TrimSpace(text), `="`)
		if !found || name == "" || strings.ContainsAny(name, `", `) {
			return nil, errSyntax
		}
		value, rest, found := strings.Cut(rest, `"`)
		if !found {
			return nil, errSyntax
		}
		if _, again := parameters[name]; again {
			return nil, fmt.Errorf("the Authorization header has %s twice", name)
		}
		parameters[name] = value
		rest = strings.TrimSpace(rest)
		if rest == "" {
			return parameters, nil
		}
		if text, found = strings.CutPrefix(rest, ","); !found {
			return nil, errSyntax
		}
	}
}

// requiredHeaders are the names that must be signed besides date or x-date.
func requiredHeaders(method string) []string {
	required := []string{"(request-target)", "host"}
	switch method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		required = append(required, "content-length", "content-type", "x-content-sha256")
	}
	return required
}

// signingString rebuilds the text that the client signed from what arrived: the
// raw request target, and the host with its port.
func signingString(r *http.Request, headers []string) (string, error) {
	lines := make([]string, len(headers))
	for i, name := range headers {
		value, present := signedValue(r, name)
		if !present {
			return "", fmt.Errorf("the signed header %s is missing", name)
		}
		lines[i] = name + ": " + value
	}
	return strings.Join(lines, "\n"), nil
}

func signedValue(r *http.Request, name string) (value string, present bool) {
	switch name {
	case "(request-target)":
		return strings.ToLower(r.Method) + " " + r.RequestURI, true
	case "host":
		return r.Host, r.Host != ""
	case "content-length":
		if values := r.Header.Values(name); len(values) == 0 && r.ContentLength > 0 {
			return strconv.FormatInt(r.ContentLength, 10), true
		}
	}
	values := r.Header.Values(name)
	return strings.Join(values, ", "), len(values) > 0
}

// keyLookup finds the public key and the caller behind a key ID.
type keyLookup func(keyID string) (*rsa.PublicKey, principal, error)

// verifyRequest checks the signature of a request whose body has been read.
func verifyRequest(r *http.Request, body []byte, lookup keyLookup, now time.Time) (principal, error) {
	if len(r.Header.Values("Authorization")) > 1 {
		return principal{}, errors.New("there is more than one Authorization header")
	}
	auth, err := parseAuthorization(r.Header.Get("Authorization"))
	if err != nil {
		return principal{}, err
	}
	for _, name := range requiredHeaders(r.Method) {
		if !slices.Contains(auth.headers, name) {
			return principal{}, fmt.Errorf("%s is not signed", name)
		}
	}
	if err := verifyDate(r.Header, auth.headers, now); err != nil {
		return principal{}, err
	}
	if err := verifyBody(r, auth.headers, body); err != nil {
		return principal{}, err
	}
	key, caller, err := lookup(auth.keyID)
	if err != nil {
		return principal{}, err
	}
	text, err := signingString(r, auth.headers)
	if err != nil {
		return principal{}, err
	}
	digest := sha256.Sum256([]byte(text))
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], auth.signature); err != nil {
		return principal{}, errors.New("the signature does not match the request")
	}
	return caller, nil
}

func verifyDate(header http.Header, signed []string, now time.Time) error {
	name := "x-date"
	if !slices.Contains(signed, name) {
		name = "date"
	}
	if !slices.Contains(signed, name) {
		return errors.New("neither date nor x-date is signed")
	}
	date, err := http.ParseTime(header.Get(name))
	if err != nil {
		return fmt.Errorf("%s is missing or is no HTTP date", name)
	}
	if skew := now.Sub(date).Abs(); skew > allowedSkew {
		return skewError{date: date, now: now}
	}
	return nil
}

// skewError is the one cause that OCI names to the caller.
type skewError struct{ date, now time.Time }

func (e skewError) Error() string {
	return fmt.Sprintf("Date '%s' is not within allowed clock skew. Current '%s', valid datetime range: ['%s', '%s']",
		e.date.UTC().Format(http.TimeFormat), e.now.UTC().Format(http.TimeFormat),
		e.now.Add(-allowedSkew).UTC().Format(http.TimeFormat), e.now.Add(allowedSkew).UTC().Format(http.TimeFormat))
}

func verifyBody(r *http.Request, signed []string, body []byte) error {
	if slices.Contains(signed, "content-length") {
		if length, present := signedValue(r, "content-length"); present && length != strconv.Itoa(len(body)) {
			return errors.New("content-length is not the length of the body")
		}
	}
	if !slices.Contains(signed, "x-content-sha256") {
		if len(body) > 0 {
			return errors.New("the body is not covered by the signature")
		}
		return nil
	}
	digest := sha256.Sum256(body)
	if r.Header.Get("x-content-sha256") != base64.StdEncoding.EncodeToString(digest[:]) {
		return errors.New("x-content-sha256 is not the hash of the body")
	}
	return nil
}
