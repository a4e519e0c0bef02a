package statusz

import (
	"fmt"
	"log/slog"
	"runtime"

	"github.com/greynewell/mist-go/health"
)

// Option configures [Handler].
type Option func(*handler) (problem string)

// WithHealth also shows the health checks of h: whether each passes, its error, since
// when, and how long its last run took. It does not run them. If h is nil, no checks
// are shown and an error is logged.
func WithHealth(h *health.Handler) Option {
	return func(page *handler) string {
		if h == nil {
			return "WithHealth(nil); no checks are shown"
		}
		page.health = h
		return ""
	}
}

// set applies the options. It must be called directly by the exported function that
// takes them, whose call site it logs.
func (h *handler) set(opts []Option) {
	for _, opt := range opts {
		problem := "an option is nil"
		if opt != nil {
			problem = opt(h)
		}
		if problem != "" {
			_, file, line, _ := runtime.Caller(2)
			slog.Error("statusz: Handler: "+problem, "at", fmt.Sprintf("%s:%d", file, line))
		}
	}
}
