package play

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/internal/goroutines"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// HandlersLast reports whether a health handler has goroutines for as long as it exists,
// which it may: a worker, say. They do not become more with each probe.
func HandlersLast(t *testing.T, impl *subject.Implementation) bool {
	left := func(probes int) (n int, stuck bool) {
		died := InBubble(t, func() {
			defer func() { _ = recover() }()
			before := goroutines.Count()
			made := []subject.HealthFuncs{impl.Health("tool", "version")}
			if impl.HealthWith != nil {
				made = append(made, impl.HealthWith("tool", "version", subject.HealthSettings{}))
			}
			for _, h := range made {
				h.AddCheck("check", func() error { return nil })
				if h.AddCheckContext != nil {
					h.AddCheckContext("check with a context", func(context.Context) error { return nil }, subject.CheckSettings{Timeout: time.Second})
				}
				for range probes {
					Ask(h.Readiness, http.MethodGet)
				}
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			n = goroutines.Count() - before
		})
		return n, died != ""
	}
	few, stuck := left(1)
	if !stuck {
		return false
	}
	many, _ := left(20)
	return many == few
}

// mayBeHandlers reports whether what is left may be of the scenario's health handler.
func (p *player) mayBeHandlers() bool {
	return p.usesHealth() && p.handlersLast()
}
