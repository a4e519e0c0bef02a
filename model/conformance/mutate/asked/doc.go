// Package asked holds the implementations of this module to the contract for
// command mutate, which builds its test with the tag mutants. Without that tag
// it has no test: the same is asked by the packages of the implementations.
package asked

import "time"

// Quick is the environment variable that asks for the quick pass.
const Quick = "MUTANT_QUICK"

// Families is the environment variable that lists families of clauses, such as
// "RUN HOOK": the quick pass has only their direct checks and examples.
const Families = "MUTANT_FAMILIES"

// Limit bounds each process of the whole suite: the machine may be busy.
const Limit = 10 * time.Minute

// QuickStep bounds each scenario and check of the quick pass.
const QuickStep = 4 * time.Second
