package conformance

import (
	"flag"
	"runtime"
	"strconv"
	"sync"
)

// jobs are the examinations of the clauses of one Test. Each subtest adds its own
// before it pauses in t.Parallel, and the first to resume starts all of them. The
// workers are not the subtests: those also wait for the process that is shared by all
// clauses, and would leave the processors idle meanwhile.
type jobs struct {
	once    sync.Once
	ids     map[string]bool
	all     []func()
	workers sync.WaitGroup
}

func (j *jobs) add(id string, examine func()) {
	if j.ids == nil {
		j.ids = map[string]bool{}
	}
	j.ids[id] = true
	j.all = append(j.all, examine)
}

// wait returns when all jobs are done, as many at a time as there are parallel subtests.
func (j *jobs) wait() {
	j.once.Do(func() {
		next := make(chan func(), len(j.all))
		for _, one := range j.all {
			next <- one
		}
		close(next)
		for range atOnce() {
			j.workers.Go(func() {
				for one := range next {
					one()
				}
			})
		}
	})
	j.workers.Wait()
}

// atOnce is how many subtests run in parallel.
func atOnce() int {
	if f := flag.Lookup("test.parallel"); f != nil {
		if n, err := strconv.Atoi(f.Value.String()); err == nil && n > 0 {
			return n
		}
	}
	return runtime.GOMAXPROCS(0)
}
