package statusz

import (
	"fmt"
	"log/slog"
	"runtime"

	"github.com/greynewell/mist-go/health"
)

// Option changes what [Handler] makes.
type Option func(*handler) (problem string)

// WithHealth shows the checks of h too: whether each passes, what it says, since
// when, and how long its last run took. It runs none. A nil h is left out, with
// an error logged.
func WithHealth(h *health.Handler) Option {
	return func(page *handler) string {
		if h == nil {
			return "WithHealth(nil); no checks are shown"
		}
		page.health = h
		return ""
	}
}

// set applies the options. It must be called by the exported function that they
// were given to.
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
