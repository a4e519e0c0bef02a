// Package asked holds the implementations of this module to the contract for
// command mutate, which builds its test with the tag mutants. Without that tag
// it has no test: the same is asked by the packages of the implementations.
package asked

import "time"

// Quick is the environment variable that asks for the quick pass.
const Quick = "MUTANT_QUICK"

// QuickStep bounds each scenario and check of the quick pass.
const QuickStep = 4 * time.Second
