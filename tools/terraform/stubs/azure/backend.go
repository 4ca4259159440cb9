// Package azure stands in for a backend that no test uses.
package azure

import "github.com/hashicorp/terraform/internal/backend"

// New is never called.
func New() backend.Backend { return nil }
