// Package conformance tests whether an implementation of a service lifecycle keeps
// the contract of this module, docs/spec.md. The contract consists of clauses, each
// with an ID such as HOOK-1. Core clauses are asked of every implementation, Extended
// ones of those that offer what they need. [Implementation] is a struct of functions
// by which the tests reach a library:
//
//	func TestConformance(t *testing.T) { conformance.Test(t, implementation) }
//
// A clause is examined in a child process, which is the test binary again: see [Test].
package conformance

// A clause such as HOOK-1 is changed in four steps, below internal:
//
//  1. its sentence and its premise: clauses/hooks.go
//  2. what must happen: package model, or a direct check: checks/hooks*.go
//  3. an implementation that breaks it: broken/hooks*.go
//  4. docs/spec.md: go generate ./model/conformance
//
// Package internal/examine says how an implementation is examined.

//go:generate go run ./internal/specdoc/generate ../..
