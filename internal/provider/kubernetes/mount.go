// Package kubernetes has the objects of the Kubernetes auth method: how it reaches
// its cluster, and its roles.
package kubernetes

// DefaultMount is the usual path of the Kubernetes auth method.
const DefaultMount = "kubernetes"
