package checks

import (
	"context"
	"sync"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/scenarios"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// warnings keeps when warnings are written.
type warnings struct {
	mu     sync.Mutex
	began  time.Time
	at     []time.Duration
	cancel time.Duration // when the context was cancelled
	book   logbook
}

// log keeps a line.
func (w *warnings) log(level, line string) {
	w.book.log(level, line)
	w.mu.Lock()
	defer w.mu.Unlock()
	if level == "WARN" {
		w.at = append(w.at, time.Since(w.began))
	}
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
// does what begin says.
func (c *Checker) lingers(s subject.Settings, after time.Duration, begin func(ctx context.Context)) (w *warnings, hook time.Duration) {
	c.bubble(func() {
		w = &warnings{began: time.Now()}
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
		c.expect(err == nil, "Run returns %v, and main did come back", err)
	})
	return w, hook
}

// GraceWarning checks DRAIN-4: the warning names the remedy.
func GraceWarning(c *Checker) {
	w, _ := c.lingers(subject.Settings{}, 7*time.Second, nil)
	for _, remedy := range []string{"Serve", "Track", "grace"} {
		c.expect(w.book.hasLine(func(line string) bool { return w.book.isWarning(line) && containsFold(line, remedy) }),
			"no warning names the remedy %s; the log:\n%s", remedy, &w.book)
	}
}

// NoGraceWarning has tracked work be out for longer than main is.
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

// NoWarningWhileServing has another server be what main waits for.
func NoWarningWhileServing(c *Checker) {
	w := &warnings{}
	c.bubble(func() {
		w.began = time.Now()
		_ = c.run(func(ctx context.Context) error {
			c.Impl.Stop(ctx, nil)
			return c.Impl.ServeFunc(ctx, func() error { time.Sleep(9 * time.Second); return nil }, func(context.Context) error { return nil }, nil)
		}, subject.Settings{Log: w.log})
		synctest.Wait()
	})
	c.expect(w.first() == model.Never, "there is a warning at %s though main is serving:\n%s", scenarios.Show(w.first()), &w.book)
}

// EarlyWarning looks for the first warning, with graces of any length.
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
		w, hook := c.lingers(given.s, given.grace+fifth, nil)
		at := w.first() - w.cancel
		c.expect(at >= fifth && at <= fifth+min(slack, fifth) && w.first() < hook,
			"with a grace of %v, the first warning comes %s after the cancel, want %v; hooks begin at %s; the log:\n%s",
			given.grace, scenarios.Show(at), fifth, scenarios.Show(hook), &w.book)
		w, _ = c.lingers(given.s, fifth/2, nil)
		c.expect(w.first() == model.Never, "with a grace of %v, there is a warning though main is back after %v:\n%s", given.grace, fifth/2, &w.book)
	}
}
