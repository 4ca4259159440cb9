package openbao

import (
	"context"
	"errors"
	"fmt"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// TokenFile takes the token from a file that somebody else keeps up to date, such as
// an agent. It is used as it is, neither renewed nor revoked. When it has ended the
// file is read again.
type TokenFile struct {
	Path string
}

func (TokenFile) method() string { return "token_file" }

func (TokenFile) place(client string) string { return client }

func (f TokenFile) validate(Config) (Login, error) {
	if f.Path == "" {
		return f, &ConfigError{Field: "auth_token_file.path", Err: errors.New("it is empty")}
	}
	return f, nil
}

func (f TokenFile) logIn(context.Context, *session) (TokenInfo, error) {
	token, err := credential("token", migrate.Secret{}, f.Path)
	if err != nil {
		return TokenInfo{}, err
	}
	if err := checkToken(token); err != nil {
		return TokenInfo{}, fmt.Errorf("unable to use the token in %s: %w", f.Path, err)
	}
	return TokenInfo{Token: token}, nil
}
