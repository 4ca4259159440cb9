// Package monitoring stands in for Google's monitoring client, which a server
// on loopback never calls.
package monitoring

import (
	"context"
	"errors"

	"google.golang.org/api/option"
)

// MetricClient is empty: no client is ever made.
type MetricClient struct{}

// NewMetricClient always fails.
func NewMetricClient(context.Context, ...option.ClientOption) (*MetricClient, error) {
	return nil, errors.New("the embedded server has no Google monitoring client")
}
