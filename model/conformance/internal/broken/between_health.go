package broken

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance"
)

// betweenHealthCases are wrong where two things meet in readiness.
func betweenHealthCases() []Case {
	return []Case{
		wrong("a value that is appended to a header goes into the next one", "HEALTH-6", func(i *impl) {
			onAnswers(i, func(a *httptest.ResponseRecorder) {
				h := a.Header()
				var all []string
				keys := slices.Sorted(maps.Keys(h))
				for _, key := range keys {
					all = append(all, h.Get(key))
				}
				for n, key := range keys {
					h[key] = all[n : n+1]
				}
			})
		}),
		wrong("Follow takes the reason away", "HEALTH-19", func(i *impl) {
			onHealth(i, func(h *funcs) {
				follow, ready := h.Follow, h.SetReady
				var because atomic.Bool
				notReady := h.SetNotReady
				h.SetNotReady = func(reason string) {
					because.Store(true)
					notReady(reason)
				}
				h.SetReady = func(on bool) {
					because.Store(false)
					ready(on)
				}
				h.Follow = func(ctx context.Context) {
					if !blameForeign(ctx, place(1)) {
						follow(ctx)
					}
					if because.Load() {
						ready(false)
					}
				}
			})
		}),
		wrong("SetReady has no effect while Follow is under way", "HEALTH-14", func(i *impl) {
			onHealth(i, func(h *funcs) {
				follow, ready := h.Follow, h.SetReady
				var under atomic.Bool
				h.SetReady = func(on bool) {
					if !under.Load() {
						ready(on)
					}
				}
				h.Follow = func(ctx context.Context) {
					if blameForeign(ctx, place(1)) {
						return
					}
					under.Store(true)
					defer under.Store(false)
					follow(ctx)
					runtime.Gosched()
				}
			})
		}),
		wrong("a check with FailAfter that replaces a failing one begins anew", "HEALTH-16", func(i *impl) {
			onEveryHealth(i, func(h *funcs) {
				add, remove := h.AddCheckContext, h.RemoveCheck
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) {
					if s.FailAfter > 1 {
						remove(name)
					}
					add(name, check, s)
				}
			})
		}),
		wrong("a check that is late again within a minute is not told", "HEALTH-16", func(i *impl) {
			onHealthWith(i, func(s *healthSettings) func(h *funcs) {
				var mu sync.Mutex
				last := map[string]time.Time{}
				again := func(text string) bool {
					mu.Lock()
					defer mu.Unlock()
					before := last[text]
					last[text] = time.Now()
					return strings.Contains(text, "timed out") && time.Since(before) < time.Minute
				}
				if log := s.Log; log != nil {
					s.Log = func(level, line string) {
						if !again(line) {
							log(level, line)
						}
					}
				}
				return nil
			})
		}),
		wrong("checks whose last run was slow are not bounded", "HEALTH-10", func(i *impl) {
			onHealth(i, func(h *funcs) {
				var all slowChecks
				add, ready := h.AddCheckContext, h.Readiness
				h.AddCheckContext = func(name string, check task, s conformance.CheckSettings) { add(name, all.wrap(check), s) }
				h.Readiness = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					all.begin()
					ready.ServeHTTP(w, req)
				})
			})
		}),
	}
}

// slowChecks begins many checks at once, if the last run of each was slow.
type slowChecks struct {
	mu  sync.Mutex
	all []*slowCheck
}

type slowCheck struct {
	check task
	mu    sync.Mutex
	slow  bool
	early chan error // of a run that was begun before the library asked
}

func (s *slowChecks) wrap(check task) task {
	c := &slowCheck{check: check}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, c)
	return c.run
}

func (s *slowChecks) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.all {
		c.mu.Lock()
		if c.slow && c.early == nil && len(s.all) > 500 {
			early := make(chan error, 1)
			c.early = early
			go func() { early <- c.check(context.Background()) }()
		}
		c.mu.Unlock()
	}
}

func (c *slowCheck) run(ctx context.Context) error {
	c.mu.Lock()
	early := c.early
	c.early = nil
	c.mu.Unlock()
	if early != nil {
		return <-early
	}
	began := time.Now()
	err := c.check(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slow = time.Since(began) >= 100*time.Millisecond
	return err
}
