// Package conformance examines whether an implementation of a service lifecycle
// keeps the contract of this project, docs/spec.md, clause by clause; package
// internal/examine says how. An implementation is a struct of plain functions:
//
//	func TestConformance(t *testing.T) { conformance.Test(t, implementation) }
//
// A clause such as HOOK-1 is changed in four steps, below internal:
//
//  1. its sentence and its premise: clauses/hooks.go
//  2. what must happen: package model, or a direct check: checks/hooks*.go
//  3. an implementation that breaks it: broken/hooks*.go
//  4. docs/spec.md: go generate ./model/conformance
package conformance

//go:generate go run ./internal/specdoc/generate ../..
