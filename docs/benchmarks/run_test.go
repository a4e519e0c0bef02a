package benchmarks

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/greynewell/mist-go/lifecycle"
)

// life is one whole life with n items of a kind, in this library or without.
// It calls full when all of them are held, and returns how many have run.
type life func(n int, full func()) (ran int64, err error)

// kinds are hooks; groups with work that ends at the stop; tasks that end at
// once; and tasks that wait for the stop. Each is compared with the least that
// does the same: functions called last first, each on a goroutine that is
// waited for; WaitGroups that are waited for each on a goroutine; goroutines.
var kinds = []struct {
	name string
	life life
}{
	{"hooks", func(n int, full func()) (ran int64, err error) {
		err = lifecycle.Run(func(ctx context.Context) error {
			for range n {
				lifecycle.OnShutdown(ctx, func() error { ran++; return nil })
			}
			full()
			return nil
		}, quiet...)
		return ran, err
	}},
	{"hooks-bare", func(n int, full func()) (ran int64, err error) {
		var hooks []func() error
		for range n {
			hooks = append(hooks, func() error { ran++; return nil })
		}
		full()
		ended := make(chan error)
		for len(hooks) > 0 && err == nil {
			last := len(hooks) - 1
			go func() { ended <- hooks[last]() }()
			err = <-ended
			hooks = hooks[:last]
		}
		return ran, err
	}},
	{"groups", func(n int, full func()) (ran int64, err error) {
		groups := make([]*sync.WaitGroup, n)
		err = lifecycle.Run(func(ctx context.Context) error {
			for i := range groups {
				groups[i] = lifecycle.DrainGroup(ctx)
				groups[i].Add(1)
			}
			go release(ctx, groups, &ran)
			full()
			return nil
		}, quiet...)
		return ran, err
	}},
	{"groups-bare", func(n int, full func()) (ran int64, err error) {
		ctx, cancel := context.WithCancel(context.Background())
		groups := make([]*sync.WaitGroup, n)
		for i := range groups {
			groups[i] = new(sync.WaitGroup)
			groups[i].Add(1)
		}
		go release(ctx, groups, &ran)
		full()
		cancel()
		var all sync.WaitGroup
		for _, wg := range groups {
			all.Go(wg.Wait)
		}
		all.Wait()
		return ran, nil
	}},
	{"tasks", tasks(func(context.Context) {})},
	{"tasks-bare", tasksBare(func(context.Context) {})},
	{"waiting", tasks(func(ctx context.Context) { <-ctx.Done() })},
	{"waiting-bare", tasksBare(func(ctx context.Context) { <-ctx.Done() })},
}

func tasks(do func(context.Context)) life {
	return func(n int, full func()) (int64, error) {
		var ran atomic.Int64
		err := lifecycle.Run(func(ctx context.Context) error {
			for range n {
				lifecycle.Go(ctx, func(ctx context.Context) error {
					do(ctx)
					ran.Add(1)
					return nil
				})
			}
			full()
			return nil
		}, quiet...)
		return ran.Load(), err
	}
}

func tasksBare(do func(context.Context)) life {
	return func(n int, full func()) (int64, error) {
		var ran atomic.Int64
		ctx, cancel := context.WithCancel(context.Background())
		var all sync.WaitGroup
		for range n {
			all.Go(func() {
				do(ctx)
				ran.Add(1)
			})
		}
		full()
		cancel()
		all.Wait()
		return ran.Load(), nil
	}
}

// release ends the work of every group once ctx is cancelled.
func release(ctx context.Context, groups []*sync.WaitGroup, ran *int64) {
	<-ctx.Done()
	for _, wg := range groups {
		*ran++ // before the last Done, so whoever has waited for all may look
		wg.Done()
	}
}

// BenchmarkRun is one life with so many items of a kind. ns/item and B/item
// are all of it, divided by the number; held-B/item is the heap and the stacks
// that they have in the end, just before the stop.
func BenchmarkRun(b *testing.B) {
	for _, kind := range kinds {
		for _, n := range []int{1, 100, 10_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/n=%d", kind.name, n), func(b *testing.B) {
				held := held(b, kind.life, n)
				runtime.GC() // what was measured before is not this one's to clear
				before := allocated()
				b.ResetTimer()
				for range b.N {
					if ran, err := kind.life(n, func() {}); ran != int64(n) || err != nil {
						b.Fatalf("%d of %d ran: %v", ran, n, err)
					}
				}
				b.StopTimer()
				items := float64(b.N) * float64(n)
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/items, "ns/item")
				b.ReportMetric(float64(allocated()-before)/items, "B/item")
				b.ReportMetric(held/float64(n), "held-B/item")
			})
		}
	}
}

// held is what n items occupy while they wait for the stop.
func held(tb testing.TB, life life, n int) float64 {
	inUse := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	before, full := inUse(), uint64(0)
	if _, err := life(n, func() { full = inUse() }); err != nil {
		tb.Fatal(err)
	}
	return float64(full) - float64(before)
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

func TestEveryKindOfItemRuns(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			for _, n := range []int{0, 1, 100} {
				full := false
				ran, err := kind.life(n, func() { full = true })
				if ran != int64(n) || err != nil || !full {
					t.Errorf("%d of %d ran, full %v: %v", ran, n, full, err)
				}
			}
		})
	}
}
