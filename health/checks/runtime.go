package checks

import (
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
)

// MaxGoroutines returns a check that passes while the process has at most n goroutines:
// a process that leaks goroutines, or accepts work faster than it finishes it, becomes
// not ready before it runs out of memory. The probe's own goroutines count too, at most
// one per running check. If n is not positive, the check always fails.
func MaxGoroutines(n int) func(ctx context.Context) error {
	if n <= 0 {
		return bad("MaxGoroutines: the limit %d is not positive", n)
	}
	return named("MaxGoroutines", func(context.Context) error {
		if found := runtime.NumGoroutine(); found > n {
			return fmt.Errorf("%d goroutines, at most %d wanted", found, n)
		}
		return nil
	})
}

// GOMEMLIMIT limits the difference of the two.
const (
	memoryMapped   = "/memory/classes/total:bytes"
	memoryReleased = "/memory/classes/heap/released:bytes"
)

// MaxMemory returns a check that passes while the Go runtime holds at most atMost bytes
// of memory, counted as for GOMEMLIMIT: all memory that it has mapped and not returned
// to the system, which is the heap including free space, stacks, and the runtime's own
// memory (runtime/debug.SetMemoryLimit). Memory of C code and mapped files is not
// included. Counting does not stop the world.
//
// The heap grows to twice the live heap before it is collected (GOGC=100). For a limit
// that distinguishes a leak from high load, set a GOMEMLIMIT below it. With a limit of 0
// the check always fails.
func MaxMemory(atMost uint64) func(ctx context.Context) error {
	if atMost == 0 {
		return bad("MaxMemory: the limit is 0 bytes")
	}
	return named("MaxMemory", func(context.Context) error {
		found, err := memory()
		if err != nil {
			return err
		}
		if found > atMost {
			return fmt.Errorf("%s held, at most %s wanted", size(found), size(atMost))
		}
		return nil
	})
}

func memory() (uint64, error) {
	samples := []metrics.Sample{{Name: memoryMapped}, {Name: memoryReleased}}
	metrics.Read(samples)
	for _, s := range samples {
		if s.Value.Kind() != metrics.KindUint64 {
			return 0, fmt.Errorf("this Go has no metric %s", s.Name)
		}
	}
	return samples[0].Value.Uint64() - samples[1].Value.Uint64(), nil
}
