// Package pg stands in for a backend that no test uses.
package pg

import "github.com/hashicorp/terraform/internal/backend"

// New is never called.
func New() backend.Backend { return nil }
