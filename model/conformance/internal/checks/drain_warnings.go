package checks

import (
	"context"
	"regexp"
	"slices"
	"sync"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// warnings keeps when warnings about main are written.
type warnings struct {
	other  map[string]bool // warnings of a run whose main is back at once
	mu     sync.Mutex
	began  time.Time
	at     []time.Duration
	about  []string      // the warnings
	cancel time.Duration // when the context was cancelled
	book   logbook
}

// log keeps a line.
func (w *warnings) log(level, line string) {
	w.book.log(level, line)
	w.mu.Lock()
	defer w.mu.Unlock()
	if warns(level) && !w.other[withoutNumbers(line)] {
		w.at = append(w.at, time.Since(w.began))
		w.about = append(w.about, line)
	}
}

// withoutNumbers is a line as it is written at any time.
func withoutNumbers(line string) string { return anyNumber.ReplaceAllString(line, "#") }

var anyNumber = regexp.MustCompile(`[0-9][0-9a-zµ.]*`)

// texts are the warnings, as they are written at any time.
func (w *warnings) texts() map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := map[string]bool{}
	for _, line := range w.about {
		all[withoutNumbers(line)] = true
	}
	return all
}

// note notes the cancel.
func (w *warnings) note() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cancel = time.Since(w.began)
}

// first is when the first warning was written.
func (w *warnings) first() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.at) == 0 {
		return model.Never
	}
	return w.at[0]
}

// lingers is a run whose main comes back so long after the cancel. The stop is at
// once. It returns the warnings, and when the hook began. Before the stop it
// does what begin says. What is a warning though main is back at once is about
// something else.
func (c *Checker) lingers(s subject.Settings, after time.Duration, begin func(ctx context.Context)) (w *warnings, hook time.Duration) {
	back, _ := c.lingersWith(nil, s, 0, begin)
	return c.lingersWith(back.texts(), s, after, begin)
}

func (c *Checker) lingersWith(other map[string]bool, s subject.Settings, after time.Duration, begin func(ctx context.Context)) (w *warnings, hook time.Duration) {
	w = &warnings{other: other}
	c.bubble(func() {
		w.began = time.Now()
		s.Log, s.Shutdown = w.log, after+time.Hour
		err := c.run(func(ctx context.Context) error {
			c.Impl.OnShutdown(ctx, func() error { hook = time.Since(w.began); return nil })
			if begin != nil {
				begin(ctx)
			}
			context.AfterFunc(ctx, func() { w.note() })
			c.Impl.Stop(ctx, nil)
			<-ctx.Done()
			time.Sleep(after)
			return nil
		}, s)
		synctest.Wait()
		c.expect(err == nil, "Run returns %v though main has returned, want nil", err)
	})
	return w, hook
}

// GraceWarning checks DRAIN-4: when the grace is over there is a warning, and it names the
// remedy. The first, which comes before, need not.
func GraceWarning(c *Checker) {
	for _, drain := range []time.Duration{model.DefaultDrainTimeout, 4 * time.Second} {
		grace := c.grace(drain)
		if grace == 0 {
			continue // main is not waited for
		}
		w, _ := c.lingers(subject.Settings{Drain: drain}, 12*time.Second, nil)
		named := false
		for n, line := range w.about {
			named = named || w.at[n] >= w.cancel+grace && c.namesARemedy(line)
		}
		c.expect(named, "main has not returned when its grace of %v is over, and no warning from then on names a remedy, one of %q; the log:\n%s", grace, c.remedies(), &w.book)
	}
}

// remedies are for a main that only a hook can end.
func (c *Checker) remedies() []string {
	return []string{c.name("Serve"), c.name("Track"), c.name("grace")}
}

func (c *Checker) namesARemedy(line string) bool {
	return slices.ContainsFunc(c.remedies(), func(remedy string) bool { return containsFold(line, remedy) })
}

// NoGraceWarning checks DRAIN-4. It has tracked work be out for longer than main is.
func NoGraceWarning(c *Checker) {
	for what, begin := range map[string]func(ctx context.Context){
		"a unit of Track is": func(ctx context.Context) {
			done, _ := c.Impl.Track(ctx)
			time.AfterFunc(9*time.Second, done)
		},
		"a task is": func(ctx context.Context) {
			c.Impl.Go(ctx, func(context.Context) error { time.Sleep(9 * time.Second); return nil })
		},
	} {
		w, _ := c.lingers(subject.Settings{}, 7*time.Second, begin)
		c.expect(w.first() == model.Never, "there is a warning at %s though %s out:\n%s", scenarios.Show(w.first()), what, &w.book)
	}
}

// NoWarningOnceBack checks DRAIN-4: what is written of a main that is not back is not
// written of one that is, while a group holds Draining up. A warning that names no remedy
// may be about the group.
func NoWarningOnceBack(c *Checker) {
	late, _ := c.lingers(subject.Settings{}, 12*time.Second, nil)
	ofMain := late.texts()
	for _, after := range []time.Duration{0, 100 * time.Millisecond, 2 * time.Second, 4 * time.Second} {
		w, _ := c.lingersWith(nil, subject.Settings{}, after, func(ctx context.Context) {
			c.Impl.DrainGroup(ctx).Go(func() { time.Sleep(12 * time.Second) })
		})
		for n, line := range w.about {
			c.expect(w.at[n] <= w.cancel+after || !ofMain[withoutNumbers(line)] || !c.namesARemedy(line),
				"main is back %v after the cancel, and %v later there is a warning about it: %s", after, w.at[n]-w.cancel-after, line)
		}
	}
}

// NoWarningWhileServing checks DRAIN-4. It has another server be what main waits for.
func NoWarningWhileServing(c *Checker) {
	serves := func(other map[string]bool, last time.Duration) *warnings {
		w := &warnings{other: other}
		c.bubble(func() {
			w.began = time.Now()
			_ = c.run(func(ctx context.Context) error {
				c.Impl.Stop(ctx, nil)
				return c.Impl.ServeFunc(ctx, func() error { time.Sleep(last); return nil }, func(context.Context) error { return nil }, nil)
			}, subject.Settings{Log: w.log})
			synctest.Wait()
		})
		return w
	}
	w := serves(serves(nil, 0).texts(), 9*time.Second)
	c.expect(w.first() == model.Never, "there is a warning at %s though main is serving:\n%s", scenarios.Show(w.first()), &w.book)
}

// EarlyWarning checks DRAIN-4. It looks for the first warning, with graces of any length.
func EarlyWarning(c *Checker) {
	for _, given := range []struct {
		s     subject.Settings
		grace time.Duration // as it counts
	}{
		{subject.Settings{}, 5 * time.Second},
		{subject.Settings{Drain: 4 * time.Second}, 2 * time.Second},
		{subject.Settings{Drain: time.Minute, Grace: 20 * time.Second}, 20 * time.Second},
		{subject.Settings{Drain: 1000 * time.Hour, Grace: 100 * time.Hour}, 100 * time.Hour},
		{subject.Settings{Drain: 3 * time.Second, Delay: 7 * time.Second}, 1500 * time.Millisecond},
		{subject.Settings{Drain: 100 * time.Millisecond}, 50 * time.Millisecond},
	} {
		fifth := given.grace / 5
		w, hook := c.lingers(given.s, given.grace+fifth, func(ctx context.Context) {
			if c.offered[subject.NeedTrack] { // which is over before the stop
				done, _ := c.Impl.Track(ctx)
				done()
			}
		})
		at := w.first() - w.cancel
		c.expect(at >= fifth && at <= fifth+min(slack, fifth) && w.first() < hook,
			"with a grace of %v, the first warning comes %s after the cancel, want %v; hooks begin at %s; the log:\n%s",
			given.grace, scenarios.Show(at), fifth, scenarios.Show(hook), &w.book)
		w, _ = c.lingers(given.s, fifth/2, nil)
		c.expect(w.first() == model.Never, "with a grace of %v, there is a warning though main is back after %v:\n%s", given.grace, fifth/2, &w.book)
	}
}
