package checks

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// InterruptIsExplained checks LOG-2. It compares the log after an interrupt with that
// after a SIGTERM: it has something more to say, and of something else than which signal
// it was. A log that mentions interrupts after every stop is enough.
func InterruptIsExplained(c *Checker) {
	c.interruptIsExplained(0)
	c.interruptIsExplained(0, process.Terminate)
	if c.offered[subject.NeedDelay] {
		c.interruptIsExplained(time.Minute)
	}
}

var anInterrupt = regexp.MustCompile(`(?i)\binterrupt(?:s|ion|ions)?\b|\b(?:SIG)?INT\b|ctrl|control-c|\^C`)

// interruptIsExplained is for an interrupt that comes a moment after other signals. An
// attribute without a value says nothing.
func (c *Checker) interruptIsExplained(delay time.Duration, before ...os.Signal) {
	const signal = "the signal"
	anySignal := strings.NewReplacer(os.Interrupt.String(), signal, process.Terminate.String(), signal, "SIGINT", signal, "SIGTERM", signal)
	after := func(sig os.Signal) []string {
		var texts []string
		for _, l := range c.signalledWith(delay, append(slices.Clip(before), sig)...).all() {
			l.source = "" // and in the same words otherwise
			l.attrs = maps.Clone(l.attrs)
			maps.DeleteFunc(l.attrs, func(_ string, v slog.Value) bool { return v.String() == "" })
			texts = append(texts, anySignal.Replace(l.String()))
		}
		return texts
	}
	if slices.ContainsFunc(c.signalledWith(delay, process.Terminate).all(), func(l line) bool {
		l.source = ""
		return anInterrupt.MatchString(l.String())
	}) {
		return
	}
	interrupted, terminated := after(os.Interrupt), after(process.Terminate)
	more := slices.ContainsFunc(interrupted, func(text string) bool { return !slices.Contains(terminated, text) })
	c.expect(more, "with a drain delay of %v, after the signals %v the log says no more than after a SIGTERM, want that a further interrupt ends the phase; the log:\n%s", delay, append(slices.Clip(before), os.Interrupt), strings.Join(interrupted, "\n"))
}

// LongStartIsLogged checks LOG-2. It has start-up last for a thousand minutes.
func LongStartIsLogged(c *Checker) {
	began := time.Time{}
	other := warnedOf(c.logged(subject.Settings{}, func(context.Context) error { return nil }))
	log := c.logged(subject.Settings{ManualStart: true}, func(ctx context.Context) error {
		began = time.Now()
		time.Sleep(1000 * time.Minute)
		c.Impl.MarkStarted(ctx)
		time.Sleep(5000 * time.Minute)
		return nil
	})
	var got []time.Duration
	for _, l := range log.all() {
		if l.level >= slog.LevelWarn && !l.isTransition() && !other[l.message] {
			got = append(got, l.at.Sub(began).Round(time.Second))
		}
	}
	var want []time.Duration
	for at := time.Minute; at < 1000*time.Minute; at *= 2 {
		want = append(want, at)
	}
	c.expect(slices.Equal(got, want), "start-up lasts 1000 minutes, and there are warnings after %v, want %v", got, want)
	c.expectNoStartWarning(other)
	log = c.logged(subject.Settings{}, func(context.Context) error { time.Sleep(1000 * time.Minute); return nil })
	for _, l := range log.all() {
		c.expect(l.level < slog.LevelWarn || l.isTransition() || other[l.message], "without manual start there is a warning: %v", l)
	}
}

// warnedOf returns what a log warns of.
func warnedOf(log records) map[string]bool {
	all := map[string]bool{}
	for _, l := range log.all() {
		if l.level >= slog.LevelWarn {
			all[l.message] = true
		}
	}
	return all
}

// expectNoStartWarning has a stop come before start-up is over, after which it is no
// start-up any more.
func (c *Checker) expectNoStartWarning(other map[string]bool) {
	busy := func(ctx context.Context) error {
		c.Impl.DrainGroup(ctx).Go(func() { time.Sleep(1000 * time.Minute) })
		time.Sleep(30 * time.Second)
		return nil
	}
	maps.Copy(other, warnedOf(c.logged(subject.Settings{Drain: 2000 * time.Hour}, busy))) // of the group
	log := c.logged(subject.Settings{ManualStart: true, Drain: 2000 * time.Hour}, busy)
	for _, l := range log.all() {
		c.expect(l.level < slog.LevelWarn || l.isTransition() || other[l.message], "main ends before start-up is over, and there is a warning: %v", l)
	}
}
