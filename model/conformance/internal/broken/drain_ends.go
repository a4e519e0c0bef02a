package broken

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model"
)

// drainEndCases are wrong in what they say and do at the end of Draining.
func drainEndCases() []Case {
	return []Case{
		wrong("hooks let the processors go to what is busy first", "DRAIN-2", func(i *impl) {
			isPlayed := played(i)
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				if isPlayed(ctx) {
					return hook
				}
				return func(own context.Context) error {
					for range 300 {
						runtime.Gosched()
					}
					return hook(own)
				}
			})
		}),
		wrong("a unit that ends with the cancel is seen to end a second later", "DRAIN-5", func(i *impl) {
			back := notes[atomic.Pointer[time.Time]](i) // when main returned; virtual time stands still
			onEnd(i, func(ctx context.Context, o outcome) error {
				now := time.Now()
				back(ctx).Store(&now)
				return o.again()
			})
			track := i.Track
			i.Track = func(ctx context.Context) (func(), bool) {
				if blameForeign(ctx, place(1)) {
					return func() {}, false
				}
				done, ok := track(ctx)
				return func() {
					if at := back(ctx).Load(); ctx.Err() != nil && at != nil && time.Since(*at) == 0 {
						time.AfterFunc(time.Second, done)
						return
					}
					done()
				}, ok
			}
		}),
		wrong("a forced end lets the processors go to what is busy first", "DRAIN-2", func(i *impl) {
			onHook(i, func(ctx context.Context, hook task, _ bool) task {
				return func(own context.Context) error {
					for n := 0; n < 300 && i.Is(context.Cause(i.WorkContext(ctx)), "forced"); n++ {
						runtime.Gosched()
					}
					return hook(own)
				}
			})
		}),
		wrong("what ends because of the drain timeout is not counted", "DRAIN-2", func(i *impl) {
			var ended atomic.Int64
			track, refused := i.Track, refusedAt(i)
			i.Track = func(ctx context.Context) (func(), bool) {
				if blameForeign(ctx, place(1)) {
					return func() {}, false
				}
				done, ok := track(ctx)
				if !ok {
					refused(ctx, place(1))
				}
				return func() {
					if i.Is(context.Cause(i.WorkContext(ctx)), "drain timeout") {
						ended.Add(1)
					}
					done()
				}, ok
			}
			onDrainTimeout(i, func(e *lifecycle.DrainTimeoutError) { e.Tracked = max(0, e.Tracked-int(ended.Load())) })
		}),
		wrong("only the first busy group is named", "DRAIN-2", func(i *impl) {
			onDrainTimeout(i, func(e *lifecycle.DrainTimeoutError) { e.Groups = e.Groups[:min(1, len(e.Groups))] })
		}),
		wrong("of many busy groups the last are left out", "DRAIN-2", func(i *impl) {
			onDrainTimeout(i, func(e *lifecycle.DrainTimeoutError) { e.Groups = e.Groups[:min(5, len(e.Groups))] })
		}),
		wrong("busy groups are not named where several were made at one call site", "DRAIN-2", func(i *impl) {
			onDrainTimeout(i, func(e *lifecycle.DrainTimeoutError) { e.Groups = unrepeated(e.Groups) })
		}),
		wrong("busy tasks are not named where several were started at one call site", "DRAIN-2", func(i *impl) {
			onDrainTimeout(i, func(e *lifecycle.DrainTimeoutError) { e.Tasks = unrepeated(e.Tasks) })
		}),
		wrong("busy tasks are not named", "DRAIN-2", func(i *impl) {
			onDrainTimeout(i, func(e *lifecycle.DrainTimeoutError) { e.Tasks = nil })
		}),
		wrong("a forced end does not say what is busy", "DRAIN-2", func(i *impl) {
			onErrors(i, func(all []error) []error {
				for n, err := range all {
					if errors.Is(err, lifecycle.ErrForced) && strings.Contains(err.Error(), "draining") {
						all[n] = lifecycle.ErrForced
					}
				}
				return all
			})
		}),
		wrong("a forced end of draining is not logged", "DRAIN-2", func(i *impl) {
			onLog(i, func(level, line string, log func(level, line string)) {
				if level != "WARN" || !strings.Contains(line, lifecycle.ErrForced.Error()) {
					log(level, line)
				}
			})
		}),
		wrong("the first warning about main comes when hooks run", "DRAIN-4", func(i *impl) {
			onRun(i, func(main task, s settings, run runner) error {
				log := s.Log
				if log == nil {
					return run(main, s)
				}
				var early atomic.Bool
				s.Log = func(level, line string) {
					if level != "WARN" || !strings.Contains(line, "main has not returned") || early.Swap(true) {
						log(level, line)
					}
				}
				return run(main, s)
			})
		}),
		wrong("the first warning about main comes at the cancel", "DRAIN-4", func(i *impl) {
			atCancel(i, time.Nanosecond, func(log func(level, line string)) { log("WARN", "main has its grace from now on") })
		}),
		wrong("there is a warning about main though tracked work is out", "DRAIN-4", func(i *impl) {
			atCancel(i, time.Second, func(log func(level, line string)) { log("WARN", "main has not returned") })
		}),
		wrong("there is a warning about main though it is back and only a group is busy", "DRAIN-4", func(i *impl) {
			warnsOfDraining(i, "main's grace is almost over", func(context.Context) bool { return true })
		}),
		wrong("the warning about main does not name the remedy", "DRAIN-4", func(i *impl) {
			onLog(i, func(level, line string, log func(level, line string)) {
				if at := strings.Index(line, "main has not returned"); at >= 0 {
					line = line[:at] + "main has not returned"
				}
				log(level, line)
			})
		}),
		// The place that the library names of any group is the wrapper's.
		raceOnly(wrong("groups are waited for concurrently with their first Add", "DRAIN-2 DRAIN-9", func(i *impl) {
			run := i.Run
			i.Run = func(main task, drain, shutdown time.Duration) error {
				return run(func(ctx context.Context) error {
					// Elsewhere groups are reused, or their places named.
					return main(context.WithValue(ctx, drainKey{}, drain == 8*time.Millisecond))
				}, drain, shutdown)
			}
			group := i.DrainGroup
			i.DrainGroup = func(ctx context.Context) *sync.WaitGroup {
				if blameForeign(ctx, place(1)) {
					return new(sync.WaitGroup)
				}
				g := group(ctx)
				if only, _ := ctx.Value(drainKey{}).(bool); only {
					context.AfterFunc(ctx, g.Wait)
				}
				return g
			}
		})),
	}
}

// unrepeated returns the texts that occur once.
func unrepeated(all []string) (once []string) {
	for n, text := range all {
		if !slices.Contains(all[:n], text) && !slices.Contains(all[n+1:], text) {
			once = append(once, text)
		}
	}
	return once
}

func raceOnly(c Case) Case {
	c.Race = true
	return c
}

// atCancel has a line be logged when so long has passed since the cancel, if
// main is not back.
func atCancel(i *impl, after time.Duration, write func(log func(level, line string))) {
	onRun(i, func(main task, s settings, run runner) error {
		log := s.Log
		if main == nil || log == nil {
			return run(main, s)
		}
		return run(func(ctx context.Context) error {
			back := make(chan struct{})
			defer close(back)
			context.AfterFunc(ctx, func() {
				select {
				case <-back:
				case <-time.After(after):
					select {
					case <-back:
					default:
						write(log)
					}
				}
			})
			return main(ctx)
		}, s)
	})
}

// warnsOfDraining logs a warning of each run with the default drain timeout that is still
// draining 4.5s after the cancel, half a second before main's grace is over, if of is true.
func warnsOfDraining(i *impl, warning string, of func(ctx context.Context) bool) {
	onRun(i, func(main task, s settings, run runner) error {
		log := s.Log
		if main == nil || log == nil || s.Drain != model.DefaultDrainTimeout {
			return run(main, s)
		}
		return run(func(ctx context.Context) error {
			context.AfterFunc(ctx, func() {
				time.AfterFunc(4500*time.Millisecond, func() {
					if i.State(ctx) == "draining" && of(ctx) {
						log("WARN", warning)
					}
				})
			})
			return main(ctx)
		}, s)
	})
}
