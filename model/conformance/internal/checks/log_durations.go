package checks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// DurationsAreText checks LOG-1. It has lives in which every sort of limit is reached, and
// writes their logs as JSON too, where a duration is a bare number.
func DurationsAreText(c *Checker) {
	var buffer bytes.Buffer
	asJSON := slog.NewJSONHandler(&buffer, nil)
	for _, l := range c.eventful() {
		record := slog.NewRecord(l.at, l.level, l.message, 0)
		for key, v := range l.attrs {
			c.expect(v.Kind() != slog.KindDuration, "%s is a duration that is not text, which JSON shows as a number: %v", key, l)
			record.AddAttrs(slog.Attr{Key: key, Value: v})
		}
		buffer.Reset()
		var fields map[string]any
		err := errors.Join(asJSON.Handle(context.Background(), record), json.Unmarshal(buffer.Bytes(), &fields))
		_, number := fields["elapsed"].(float64)
		c.expect(err == nil && !number, "as JSON a record is %s (%v)", buffer.Bytes(), err)
		c.expect(l.source != "" && !strings.HasPrefix(l.source, "."), "a record has no source: %v", l)
		c.expect(!l.at.IsZero(), "a record has no time: %v", l)
	}
}

// eventful returns the records of lives that are interrupted in many ways.
func (c *Checker) eventful() (all []line) {
	limits := subject.Settings{Drain: 4 * time.Second, Shutdown: 3 * time.Second}
	delayed, manual := limits, limits
	delayed.Delay = time.Second
	manual.ManualStart = c.offered[subject.NeedManualStart]
	hang := func() { time.Sleep(time.Hour) }
	add := func(log records) { all = append(all, log.all()...) }
	add(c.logged(delayed, func(ctx context.Context) error {
		c.Impl.Track(ctx)
		c.hook(ctx, hang)
		c.Impl.Stop(ctx, nil)
		time.Sleep(time.Minute)
		return nil
	}))
	add(c.logged(limits, func(ctx context.Context) error { // main is late
		c.Impl.Stop(ctx, nil)
		time.Sleep(time.Minute)
		return nil
	}))
	for _, usual := range usualEnds {
		add(c.logged(limits, func(ctx context.Context) error { // main, a task and a hook say how they end
			if c.offered[subject.NeedGo] {
				c.Impl.Go(ctx, func(ctx context.Context) error { play.Wait(ctx.Done(), time.Hour); return usual })
			}
			c.Impl.OnShutdown(ctx, func() error { return usual })
			c.Impl.Stop(ctx, nil)
			play.Wait(ctx.Done(), time.Hour)
			return usual
		}))
	}
	add(c.logged(manual, func(context.Context) error { time.Sleep(10 * time.Minute); return nil }))
	add(c.logged(limits, func(ctx context.Context) error {
		time.AfterFunc(time.Minute, func() { c.hook(ctx, hang) }) // after stopped
		if c.offered[subject.NeedOnShutdownContext] {
			c.Impl.OnShutdownContext(ctx, func(context.Context) error { hang(); return nil }, time.Second)
		}
		if c.offered[subject.NeedServeFunc] {
			stay := func() error { time.Sleep(30 * time.Second); return nil }
			go func() { _ = c.Impl.ServeFunc(ctx, stay, func(context.Context) error { return stay() }, nil) }()
		}
		time.Sleep(time.Second)
		return nil
	}))
	if c.offered[subject.NeedSignals] {
		add(c.loggedWith(func() subject.Settings {
			source := make(chan os.Signal, 3)
			for n := range 3 {
				time.AfterFunc(time.Duration(n+1)*time.Second, func() { source <- os.Interrupt })
			}
			return subject.Settings{Signals: source}
		}, func(ctx context.Context) error {
			c.Impl.Track(ctx)
			c.hook(ctx, hang)
			play.Wait(ctx.Done(), time.Hour)
			hang()
			return nil
		}))
	}
	return all
}
