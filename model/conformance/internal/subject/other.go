//go:build !unix

package subject

// RealSignals says that a process can send itself signals here.
const RealSignals = false
