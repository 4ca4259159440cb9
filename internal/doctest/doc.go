// Package doctest holds the tests of the documentation: every block of HCL and
// shell in the README, the guides and the reference is validated or run, every
// plan comes from a run, and every error text is one of the code. It has no code
// of its own.
package doctest
