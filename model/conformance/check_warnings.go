package conformance

import (
	"context"
	"sync"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/model"
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
func (c *checker) lingers(s Settings, after time.Duration, begin func(ctx context.Context)) (w *warnings, hook time.Duration) {
	c.bubble(func() {
		w = &warnings{began: time.Now()}
		s.Log, s.Shutdown = w.log, after+time.Hour
		err := c.run(func(ctx context.Context) error {
			c.impl.OnShutdown(ctx, func() error { hook = time.Since(w.began); return nil })
			if begin != nil {
				begin(ctx)
			}
			context.AfterFunc(ctx, func() { w.note() })
			c.impl.Stop(ctx, nil)
			<-ctx.Done()
			time.Sleep(after)
			return nil
		}, s)
		synctest.Wait()
		c.expect(err == nil, "Run returns %v, and main did come back", err)
	})
	return w, hook
}

func checkGraceWarning(c *checker) {
	w, _ := c.lingers(Settings{}, 7*time.Second, nil)
	for _, remedy := range []string{"Serve", "Track", "grace"} {
		c.expect(w.book.hasLine(func(line string) bool { return w.book.isWarning(line) && containsFold(line, remedy) }),
			"no warning names the remedy %s; the log:\n%s", remedy, &w.book)
	}
}

// checkNoGraceWarning has tracked work be out for longer than main is.
func checkNoGraceWarning(c *checker) {
	for what, begin := range map[string]func(ctx context.Context){
		"a unit of Track is": func(ctx context.Context) {
			done, _ := c.impl.Track(ctx)
			time.AfterFunc(9*time.Second, done)
		},
		"a task is": func(ctx context.Context) {
			c.impl.Go(ctx, func(context.Context) error { time.Sleep(9 * time.Second); return nil })
		},
	} {
		w, _ := c.lingers(Settings{}, 7*time.Second, begin)
		c.expect(w.first() == model.Never, "there is a warning at %s though %s out:\n%s", show(w.first()), what, &w.book)
	}
}

// checkNoWarningWhileServing has another server be what main waits for.
func checkNoWarningWhileServing(c *checker) {
	w := &warnings{}
	c.bubble(func() {
		w.began = time.Now()
		_ = c.run(func(ctx context.Context) error {
			c.impl.Stop(ctx, nil)
			return c.impl.ServeFunc(ctx, func() error { time.Sleep(9 * time.Second); return nil }, func(context.Context) error { return nil }, nil)
		}, Settings{Log: w.log})
		synctest.Wait()
	})
	c.expect(w.first() == model.Never, "there is a warning at %s though main is serving:\n%s", show(w.first()), &w.book)
}

// checkEarlyWarning looks for the first warning, with graces of any length.
func checkEarlyWarning(c *checker) {
	for _, given := range []struct {
		s     Settings
		grace time.Duration // as it counts
	}{
		{Settings{}, 5 * time.Second},
		{Settings{Drain: 4 * time.Second}, 2 * time.Second},
		{Settings{Drain: time.Minute, Grace: 20 * time.Second}, 20 * time.Second},
		{Settings{Drain: 1000 * time.Hour, Grace: 100 * time.Hour}, 100 * time.Hour},
		{Settings{Drain: 3 * time.Second, Delay: 7 * time.Second}, 1500 * time.Millisecond},
		{Settings{Drain: 100 * time.Millisecond}, 50 * time.Millisecond},
	} {
		fifth := given.grace / 5
		w, hook := c.lingers(given.s, given.grace+fifth, nil)
		at := w.first() - w.cancel
		c.expect(at >= fifth && at <= fifth+min(slack, fifth) && w.first() < hook,
			"with a grace of %v, the first warning comes %s after the cancel, want %v; hooks begin at %s; the log:\n%s",
			given.grace, show(at), fifth, show(hook), &w.book)
		w, _ = c.lingers(given.s, fifth/2, nil)
		c.expect(w.first() == model.Never, "with a grace of %v, there is a warning though main is back after %v:\n%s", given.grace, fifth/2, &w.book)
	}
}
