// Package conformance tests whether an implementation of a service lifecycle keeps
// the contract in docs/spec.md: clauses, each with an ID such as HOOK-1. Core clauses
// apply to every implementation, Extended ones of those that offer what they need.
//
//	func TestConformance(t *testing.T) { conformance.Test(t, implementation) }
//
// Each clause is examined in a child process: see [Test]. To change one (below internal):
//
//  1. its sentence and premise: clauses/hooks.go
//  2. what must happen: package model, or a direct check in checks/hooks*.go
//  3. an implementation that breaks it: broken/hooks*.go
//  4. docs/spec.md: go generate ./model/conformance
package conformance

// Package internal/examine says how an implementation is examined.

//go:generate go run ./internal/specdoc/generate ../..
