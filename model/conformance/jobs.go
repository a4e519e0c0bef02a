package conformance

import (
	"flag"
	"runtime"
	"strconv"
	"sync"

	"github.com/greynewell/mist-go/model/conformance/internal/examine"
)

// jobs are the examinations of the clauses of one Test. Each subtest adds its own
// before it pauses in t.Parallel, and the first to resume starts all of them. The
// workers are not the subtests: those also wait for the process that is shared by all
// clauses, and would leave the processors idle meanwhile.
type jobs struct {
	once    sync.Once
	all     []*job
	workers sync.WaitGroup
}

// job is one examination.
type job struct {
	examine func() examine.Findings
	done    chan struct{} // closed when found is there
	found   examine.Findings
}

func (j *jobs) add(f func() examine.Findings) *job {
	one := &job{examine: f, done: make(chan struct{})}
	j.all = append(j.all, one)
	return one
}

// start runs the jobs, as many at a time as there are parallel subtests.
func (j *jobs) start() {
	j.once.Do(func() {
		next := make(chan *job, len(j.all))
		for _, one := range j.all {
			next <- one
		}
		close(next)
		for range atOnce() {
			j.workers.Go(func() {
				for one := range next {
					one.found = one.examine()
					close(one.done)
				}
			})
		}
	})
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
