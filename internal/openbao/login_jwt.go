package openbao

import (
	"context"
	"errors"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// JWTLogin is a login with a signed JSON Web Token at auth/<mount>/login, as the
// services that run pipelines issue them.
type JWTLogin struct {
	// MountPath is the auth mount; empty is "jwt".
	MountPath string
	// Namespace of the auth mount, absolute; empty is that of the client.
	Namespace string
	// Role may be empty, for the default role of the mount.
	Role string
	JWT  migrate.Secret
	// JWTFile is a file with the token, read at each login, instead of JWT.
	JWTFile string
}

func (JWTLogin) method() string { return "jwt" }

func (j JWTLogin) place(client string) string { return placeOf(j.Namespace, client) }

func (j JWTLogin) validate(Config) (Login, error) {
	var err error
	if j.MountPath, err = checkMount(j.method(), j.MountPath); err != nil {
		return j, err
	}
	j.Role, j.JWT = strings.TrimSpace(j.Role), trimmed(j.JWT)
	switch {
	case j.JWT.Len() > 0 && j.JWTFile != "":
		return j, &ConfigError{Field: "auth_jwt.jwt_file", Err: errors.New("a token is given as well: choose one")}
	case j.JWT.Len() == 0 && j.JWTFile == "":
		return j, &ConfigError{Field: "auth_jwt.jwt", Err: errors.New("it is empty")}
	}
	return j, checkNamespace(j.method(), j.Namespace)
}

func (j JWTLogin) logIn(ctx context.Context, s *session) (TokenInfo, error) {
	token, err := credential("JSON Web Token", j.JWT, j.JWTFile)
	if err != nil {
		return TokenInfo{}, err
	}
	body := map[string]string{"jwt": string(token.Reveal())}
	if j.Role != "" {
		body["role"] = j.Role
	}
	r := loginRequest("JWT login", j.MountPath, body)
	r.namespace = s.namespace
	r.advice = "that the JSON Web Token has not expired (those of pipelines last for minutes only), " +
		"that its issuer, audience, subject and claims are those that the mount and the role are bound to"
	return s.client.login(ctx, r)
}
