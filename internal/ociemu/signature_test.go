package ociemu

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The vectors are those of Oracle's documentation of request signatures, which
// the SDK tests its signer with.
const (
	vectorPublicKey = `-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3
6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6
Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw
oYi+1hqp1fIekaxsyQIDAQAB
-----END PUBLIC KEY-----
`
	vectorFingerprint = "73:61:a2:21:67:e0:df:be:7e:4b:93:1e:15:98:a5:b7"
	vectorDate        = "Thu, 05 Jan 2014 21:31:40 GMT"
	vectorHost        = "iaas.us-phoenix-1.oraclecloud.com"
	vectorKeyID       = "ocid1.tenancy.oc1..aaaaaaaaba3pv6wkcr4jqae5f15p2b2m2yt2j6rx32uzr4h25vqstifsfdsq/" +
		"ocid1.user.oc1..aaaaaaaat5nvwcna5j6aqzjcaty5eqbb6qt2jvpkanghtgdaqedqw3rynjq/" +
		"20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34"
	vectorGetTarget = "/20160918/instances?availabilityDomain=Pjwf%3A%20PHX-AD-1" +
		"&compartmentId=ocid1.compartment.oc1..aaaaaaaam3we6vgnherjq5q2idnccdflvjsnog7mlr6rtdb25gilchfeyjxa" +
		"&displayName=TeamXInstances" +
		"&volumeId=ocid1.volume.oc1.phx.abyhqljrgvttnlx73nmrwfaux7kcvzfs3s66izvxf2h4lgvyndsdsnoiwr5q"
	vectorGetSignature = "GBas7grhyrhSKHP6AVIj/h5/Vp8bd/peM79H9Wv8kjoaCivujVXlpbKLjMPe" +
		"DUhxkFIWtTtLBj3sUzaFj34XE6YZAHc9r2DmE4pMwOAy/kiITcZxa1oHPOeRheC0jP2dqbTll" +
		"8fmTZVwKZOKHYPtrLJIJQHJjNvxFWeHQjMaR7M="
	vectorPostBody = `{
    "compartmentId": "ocid1.compartment.oc1..aaaaaaaam3we6vgnherjq5q2idnccdflvjsnog7mlr6rtdb25gilchfeyjxa",
    "instanceId": "ocid1.instance.oc1.phx.abuw4ljrlsfiqw6vzzxb43vyypt4pkodawglp3wqxjqofakrwvou52gb6s5a",
    "volumeId": "ocid1.volume.oc1.phx.abyhqljrgvttnlx73nmrwfaux7kcvzfs3s66izvxf2h4lgvyndsdsnoiwr5q"
}`
	vectorPostHash      = "V9Z20UJTvkvpJ50flBzKE32+6m2zJjweHpDMX/U4Uy0="
	vectorPostSignature = "Mje8vIDPlwIHmD/cTDwRxE7HaAvBg16JnVcsuqaNRim23fFPgQfLoOOxae6WqKb1uPjYEl0qIdazWaBy/" +
		"Ml8DRhqlocMwoSXv0fbukP8J5N80LCmzT/FFBvIvTB91XuXI3hYfP9Zt1l7S6ieVadHUfqBedWH0itrtPJBgKmrWso="
)

func vectorKey(t *testing.T) (*rsa.PublicKey, []byte) {
	t.Helper()
	block, _ := pem.Decode([]byte(vectorPublicKey))
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.(*rsa.PublicKey), block.Bytes
}

func vectorGet() (*http.Request, []byte) {
	r := httptest.NewRequest(http.MethodGet, vectorGetTarget, nil)
	r.Host = vectorHost
	r.Header.Set("Date", vectorDate)
	r.Header.Set("Authorization", `Signature version="1",headers="date (request-target) host",keyId="`+vectorKeyID+
		`",algorithm="rsa-sha256",signature="`+vectorGetSignature+`"`)
	return r, nil
}

func vectorPost() (*http.Request, []byte) {
	r := httptest.NewRequest(http.MethodPost, "/20160918/volumeAttachments", nil)
	r.Host = vectorHost
	r.Header.Set("Date", vectorDate)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Content-Length", strconv.Itoa(len(vectorPostBody)))
	r.Header.Set("X-Content-Sha256", vectorPostHash)
	r.Header.Set("Authorization", `Signature version="1",headers="date (request-target) host content-length content-type x-content-sha256",`+
		`keyId="`+vectorKeyID+`",algorithm="rsa-sha256",signature="`+vectorPostSignature+`"`)
	return r, []byte(vectorPostBody)
}

func TestVerifyRequestOfficialVectors(t *testing.T) {
	key, _ := vectorKey(t)
	now, err := http.ParseTime(vectorDate)
	if err != nil {
		t.Fatal(err)
	}
	lookup := func(id string) (*rsa.PublicKey, principal, error) {
		if id != vectorKeyID {
			return nil, principal{}, errors.New("unknown key ID")
		}
		return key, principal{user: "vector"}, nil
	}
	for name, vector := range map[string]func() (*http.Request, []byte){"GET": vectorGet, "POST": vectorPost} {
		t.Run(name, func(t *testing.T) {
			r, body := vector()
			caller, err := verifyRequest(r, body, lookup, now)
			if err != nil || caller.user != "vector" {
				t.Fatalf("caller %+v, error %v", caller, err)
			}
			r, body = vector()
			r.Host += ":443"
			if _, err := verifyRequest(r, body, lookup, now); err == nil {
				t.Error("another host was accepted")
			}
		})
	}
}

func TestFingerprintOfficialVector(t *testing.T) {
	_, der := vectorKey(t)
	if got := fingerprint(der); got != vectorFingerprint {
		t.Errorf("fingerprint %s, want %s", got, vectorFingerprint)
	}
}

func TestSigningStringUsesRawTarget(t *testing.T) {
	r, _ := vectorGet()
	got, err := signingString(r, []string{"date", "(request-target)", "host"})
	want := "date: " + vectorDate + "\n(request-target): get " + vectorGetTarget + "\nhost: " + vectorHost
	if err != nil || got != want {
		t.Errorf("signing string %q, error %v, want %q", got, err, want)
	}
}

// signedCase builds a request, signs it, and lets the test spoil it.
type signedCase struct {
	method  string // default GET
	body    string
	headers string // names to sign; the default is all that are required
	date    time.Duration
	format  string // of the Authorization header; see the default in sign
	keyID   string
	spoil   func(*http.Request, *[]byte)
	wrong   bool // sign with another key
	refused string
}

const verifierFormat = `Signature version="1",headers="HEADERS",keyId="KEYID",algorithm="rsa-sha256",signature="SIGNATURE"`

func TestVerifyRequest(t *testing.T) {
	right, wrong := newKey(t), newKey(t)
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	lookup := func(id string) (*rsa.PublicKey, principal, error) {
		if id != "tenancy/user/fingerprint" {
			return nil, principal{}, errors.New("unknown key ID")
		}
		return &right.PublicKey, principal{}, nil
	}
	cases := map[string]signedCase{
		"GET":                        {},
		"empty POST":                 {method: "POST"},
		"POST":                       {method: "POST", body: "{}"},
		"x-date":                     {headers: "x-date (request-target) host"},
		"headers in another order":   {headers: "host (request-target) date"},
		"header names in upper case": {headers: "Date (Request-Target) HOST"},
		"more headers":               {headers: "date (request-target) host accept"},
		"parameters in another order": {
			format: `Signature signature="SIGNATURE", algorithm="rsa-sha256",keyId="KEYID", headers="HEADERS",version="1"`,
		},
		"as late as allowed":  {date: -allowedSkew},
		"as early as allowed": {date: allowedSkew},

		"no Authorization":       {spoil: func(r *http.Request, _ *[]byte) { r.Header.Del("Authorization") }, refused: "missing"},
		"another scheme":         {format: "Bearer SIGNATURE", refused: "scheme"},
		"two Authorizations":     {spoil: func(r *http.Request, _ *[]byte) { r.Header.Add("Authorization", "x") }, refused: "more than one"},
		"no list":                {format: "Signature SIGNATURE", refused: "list"},
		"unterminated value":     {format: `Signature version="1`, refused: "list"},
		"nothing between values": {format: `Signature version="1"headers="HEADERS"`, refused: "list"},
		"version 2":              {format: strings.Replace(verifierFormat, `"1"`, `"2"`, 1), refused: "version"},
		"no version":             {format: strings.Replace(verifierFormat, `version="1",`, "", 1), refused: "version"},
		"another algorithm":      {format: strings.Replace(verifierFormat, "rsa-sha256", "rsa-sha1", 1), refused: "algorithm"},
		"a parameter twice":      {format: verifierFormat + `,version="1"`, refused: "twice"},
		"signature no base64":    {format: strings.Replace(verifierFormat, "SIGNATURE", "%", 1), refused: "base64"},
		"a header listed twice":  {headers: "date date (request-target) host", refused: "repeated"},
		"wrong key":              {wrong: true, refused: "does not match"},
		"wrong fingerprint":      {keyID: "tenancy/user/other", refused: "unknown key ID"},
		"late":                   {date: -allowedSkew - time.Second, refused: "clock skew"},
		"early":                  {date: allowedSkew + time.Second, refused: "clock skew"},
		"date is no date":        {spoil: setHeader("Date", "yesterday"), refused: "no HTTP date"},
		"date changed":           {spoil: setHeader("Date", now.Add(time.Second).Format(http.TimeFormat)), refused: "does not match"},
		"no date signed":         {headers: "(request-target) host", refused: "date"},
		"no host signed":         {headers: "date (request-target)", refused: "host is not signed"},
		"no target signed":       {headers: "date host", refused: "(request-target) is not signed"},
		"signed header missing":  {headers: "date (request-target) host x-absent", refused: "x-absent is missing"},
		"POST without hash": {
			method: "POST", headers: "date (request-target) host content-length content-type", refused: "x-content-sha256 is not signed",
		},
		"POST without type": {
			method: "POST", headers: "date (request-target) host content-length x-content-sha256", refused: "content-type is not signed",
		},
		"PATCH without length": {
			method: "PATCH", headers: "date (request-target) host content-type x-content-sha256", refused: "content-length is not signed",
		},
		"body changed": {
			method: "POST", body: "{}", spoil: func(_ *http.Request, body *[]byte) { *body = []byte("[]") }, refused: "hash",
		},
		"body longer": {
			method: "POST", body: "{}", spoil: func(_ *http.Request, body *[]byte) { *body = []byte("{} ") }, refused: "length",
		},
		"hash changed": {method: "PUT", body: "{}", spoil: setHeader("X-Content-Sha256", "x"), refused: "hash"},
		"body not covered": {
			spoil: func(_ *http.Request, body *[]byte) { *body = []byte("{}") }, refused: "not covered",
		},
		"method changed": {method: "DELETE", spoil: func(r *http.Request, _ *[]byte) { r.Method = "GET" }, refused: "does not match"},
		"target encoded again": {
			spoil: func(r *http.Request, _ *[]byte) { r.RequestURI = "/path?a=b%20c" }, refused: "does not match",
		},
		"another port": {spoil: func(r *http.Request, _ *[]byte) { r.Host = "127.0.0.1:2" }, refused: "does not match"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			signer := right
			if c.wrong {
				signer = wrong
			}
			r, body := c.build(t, signer, now)
			if c.spoil != nil {
				c.spoil(r, &body)
			}
			_, err := verifyRequest(r, body, lookup, now)
			switch {
			case c.refused == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.refused != "" && err == nil:
				t.Error("accepted")
			case c.refused != "" && !strings.Contains(err.Error(), c.refused):
				t.Errorf("refused because %q, want %q", err, c.refused)
			}
		})
	}
}

func setHeader(name, value string) func(*http.Request, *[]byte) {
	return func(r *http.Request, _ *[]byte) { r.Header.Set(name, value) }
}

func (c signedCase) build(t *testing.T, key *rsa.PrivateKey, now time.Time) (*http.Request, []byte) {
	t.Helper()
	if c.method == "" {
		c.method = http.MethodGet
	}
	r := httptest.NewRequest(c.method, "/path?a=b+c", nil)
	r.Host = "127.0.0.1:1"
	date := now.Add(c.date).Format(http.TimeFormat)
	r.Header.Set("Date", date)
	r.Header.Set("X-Date", date)
	r.Header.Set("Accept", "*/*")
	if c.method != http.MethodGet {
		hash := sha256.Sum256([]byte(c.body))
		r.Header.Set("Content-Length", strconv.Itoa(len(c.body)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Content-Sha256", base64.StdEncoding.EncodeToString(hash[:]))
	}
	if c.headers == "" {
		c.headers = strings.Join(append([]string{"date"}, requiredHeaders(c.method)...), " ")
	}
	if c.keyID == "" {
		c.keyID = "tenancy/user/fingerprint"
	}
	if c.format == "" {
		c.format = verifierFormat
	}
	// A header that is missing is signed as if it were empty.
	lines := strings.Split(strings.ToLower(c.headers), " ")
	for i, name := range lines {
		value, _ := signedValue(r, name)
		lines[i] = name + ": " + value
	}
	digest := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", strings.NewReplacer("HEADERS", c.headers, "KEYID", c.keyID,
		"SIGNATURE", base64.StdEncoding.EncodeToString(signature)).Replace(c.format))
	return r, []byte(c.body)
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
