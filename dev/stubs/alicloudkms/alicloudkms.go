// Package alicloudkms stands in for a cloud's key service; the embedded server is
// unsealed with a Shamir key only.
package alicloudkms

import (
	"context"
	"errors"

	wrapping "github.com/hashicorp/go-kms-wrapping/v2"
)

// Wrapper refuses every call.
type Wrapper struct{ wrapping.Wrapper }

// NewWrapper gives a Wrapper that cannot be configured.
func NewWrapper() *Wrapper { return &Wrapper{} }

// SetConfig always fails.
func (*Wrapper) SetConfig(context.Context, ...wrapping.Option) (*wrapping.WrapperConfig, error) {
	return nil, errors.New("the embedded server has no alicloudkms seal")
}
