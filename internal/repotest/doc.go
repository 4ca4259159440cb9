// Package repotest holds the tests of what the repository consists of besides Go
// code: changelog fragments, workflows, documents that name tests.
package repotest
