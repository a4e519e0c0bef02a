// Package conformance tests whether an implementation of a service lifecycle keeps
// the contract. The contract consists of clauses, each with an ID such as HOOK-1;
// docs/spec.md lists them, with the tests that check each:
// https://github.com/greynewell/mist-go/blob/main/docs/spec.md
//
//	func TestConformance(t *testing.T) { conformance.Test(t, implementation) }
//
// Core clauses apply to every implementation, Extended clauses to those that offer
// what they need. Each clause is tested in a child process: see [Test].
//
// To change a clause, see CONTRIBUTING.md.
package conformance

// Package internal/examine says how an implementation is examined.

//go:generate go run ./internal/specdoc/generate ../..
