package checks

import (
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
)

// MaxGoroutines returns a check that passes while the process has at most n
// goroutines: one that leaks them, or that takes in work faster than it
// finishes it, leaves rotation before it runs out of memory. The goroutines of
// the probe, at most one for each check under way, count as well. An n that is
// not positive is a check that fails and says so.
func MaxGoroutines(n int) func(ctx context.Context) error {
	if n <= 0 {
		return bad("MaxGoroutines: a ceiling of %d is not positive", n)
	}
	return named("MaxGoroutines", func(context.Context) error {
		if found := runtime.NumGoroutine(); found > n {
			return fmt.Errorf("%d goroutines, at most %d wanted", found, n)
		}
		return nil
	})
}

// The two whose difference is what a memory limit limits.
const (
	memoryMapped   = "/memory/classes/total:bytes"
	memoryReleased = "/memory/classes/heap/released:bytes"
)

// MaxMemory returns a check that passes while the Go runtime holds at most
// atMost bytes of memory, counted as GOMEMLIMIT counts it: all that it has
// mapped and not given back to the system, which is the heap with what is free
// in it, stacks, and its own needs (runtime/debug.SetMemoryLimit). Memory that
// C code or mapped files take is not seen. Counting stops nothing.
//
// The heap grows to twice what is live before it is collected (GOGC=100), so a
// ceiling that is to tell a leak from a busy minute wants a GOMEMLIMIT below
// it. A ceiling of 0 is a check that fails and says so.
func MaxMemory(atMost uint64) func(ctx context.Context) error {
	if atMost == 0 {
		return bad("MaxMemory: a ceiling of 0 bytes")
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
