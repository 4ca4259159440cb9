// Package gcs stands in for a backend that no test uses.
package gcs

import "github.com/hashicorp/terraform/internal/backend"

// New is never called.
func New() backend.Backend { return nil }
