// Package awskms stands in for a cloud's key service; the embedded server is
// unsealed with a Shamir key only.
package awskms

import (
	"context"
	"errors"

	"github.com/hashicorp/go-hclog"
	wrapping "github.com/hashicorp/go-kms-wrapping/v2"
)

// WithLogger changes nothing; the server hands it to its Shamir wrapper.
func WithLogger(hclog.Logger) wrapping.Option { return wrapping.WithConfigMap(nil) }

// Wrapper refuses every call.
type Wrapper struct{ wrapping.Wrapper }

// NewWrapper gives a Wrapper that cannot be configured.
func NewWrapper() *Wrapper { return &Wrapper{} }

// SetConfig always fails.
func (*Wrapper) SetConfig(context.Context, ...wrapping.Option) (*wrapping.WrapperConfig, error) {
	return nil, errors.New("the embedded server has no awskms seal")
}
