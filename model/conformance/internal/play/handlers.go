package play

import (
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
			h := impl.Health("tool", "version")
			h.AddCheck("check", func() error { return nil })
			for range probes {
				Ask(h.Readiness, http.MethodGet)
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

// handlerLasts reports whether what is left may be of the scenario's health handler.
func (p *player) handlerLasts() bool {
	return p.usesHealth() && p.lasts()
}
