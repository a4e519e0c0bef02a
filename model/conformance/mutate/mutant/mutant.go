// Package mutant is the switch in code that command mutate has rewritten: all
// mutants of a package are compiled in, and at most one of them is on. Which one
// is said by the environment, so that it is on in child processes too.
//
// With no mutant on, every function here does what the code did that it stands
// for.
package mutant

import (
	"cmp"
	"os"
	"strconv"
)

// The environment that the package reads, once.
const (
	// Variable has the number of the mutant that is on. Absent or 0: none.
	Variable = "MUTANT"
	// Trace has the directory for a file that lists the mutants whose code this
	// process comes to: its first line is the process's arguments, and each
	// further one a number.
	Trace = "MUTANT_TRACE"
)

var on, _ = strconv.Atoi(os.Getenv(Variable))

// On reports whether the mutant is on. It is called where its code is.
func On(id int) bool {
	if reached != nil {
		reached.note(id)
	}
	return id == on
}

// Zero returns v, or the zero value when the mutant is on.
func Zero[T any](id int, v T) T {
	if On(id) {
		var zero T
		return zero
	}
	return v
}

// Pick returns v, or the other value when the mutant is on.
func Pick[T any](id int, v, other T) T {
	if On(id) {
		return other
	}
	return v
}

// Min is min, or max when the mutant is on.
func Min[T cmp.Ordered](id int, first T, more ...T) T { return extreme(first, more, On(id)) }

// Max is max, or min when the mutant is on.
func Max[T cmp.Ordered](id int, first T, more ...T) T { return extreme(first, more, !On(id)) }

func extreme[T cmp.Ordered](x T, more []T, largest bool) T {
	for _, y := range more {
		if largest {
			x = max(x, y)
		} else {
			x = min(x, y)
		}
	}
	return x
}

type integer interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}

type number interface{ integer | ~float32 | ~float64 }

// Add is a + b, or a - b when the mutant is on.
func Add[T number](id int, a, b T) T {
	if On(id) {
		return a - b
	}
	return a + b
}

// Sub is a - b, or a + b when the mutant is on.
func Sub[T number](id int, a, b T) T {
	if On(id) {
		return a + b
	}
	return a - b
}

// Mul is a * b, or a when the mutant is on.
func Mul[T number](id int, a, b T) T {
	if On(id) {
		return a
	}
	return a * b
}

// Quo is a / b, or a when the mutant is on.
func Quo[T number](id int, a, b T) T {
	if On(id) {
		return a
	}
	return a / b
}

// Rem is a % b, or a when the mutant is on.
func Rem[T integer](id int, a, b T) T {
	if On(id) {
		return a
	}
	return a % b
}

// And is a & b, or a | b when the mutant is on.
func And[T integer](id int, a, b T) T {
	if On(id) {
		return a | b
	}
	return a & b
}

// Or is a | b, or a & b when the mutant is on.
func Or[T integer](id int, a, b T) T {
	if On(id) {
		return a & b
	}
	return a | b
}
