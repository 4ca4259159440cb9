package ociemu

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
)

// MetadataService is a handler for the instance metadata service, version 2,
// below /opc/v2. As there, requests without "Authorization: Bearer Oracle" are
// refused.
func (i *Instance) MetadataService() http.Handler {
	mux := http.NewServeMux()
	serve := func(path string, content func() []byte) {
		mux.HandleFunc("GET /opc/v2"+path, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer Oracle" {
				http.Error(w, "401 Unauthorized", http.StatusUnauthorized)
				return
			}
			w.Header().Set("Content-Type", "text/plain")
			_, _ = w.Write(content())
		})
	}
	serve("/instance/region", func() []byte { return []byte(i.emulator.settings.region) })
	serve("/identity/cert.pem", func() []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.certificate})
	})
	serve("/identity/intermediate.pem", func() []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.intermediate.Raw})
	})
	serve("/identity/key.pem", func() []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(i.key)})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entry := i.emulator.begin(r, "metadata")
		defer entry.finish(http.StatusOK, "")
		mux.ServeHTTP(w, r)
	})
}
