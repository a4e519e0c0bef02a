package grpchealth

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/greynewell/mist-go/health"
)

const defaultInterval = time.Second

// Option changes what [New] makes.
type Option func(*Server) (problem string)

// WithServices adds services that are known by name, such as
// "match.v1.Matcher", and depend on every check. "" is always known, and does
// too, unless [WithService] gives it groups. It may be given more than once; of
// a name that is given twice the last counts.
func WithServices(names ...string) Option {
	return func(s *Server) string {
		var wrong []string
		for _, name := range names {
			if !utf8.ValidString(name) {
				wrong = append(wrong, fmt.Sprintf("WithServices(%q)", name))
				continue
			}
			s.services[name] = s.all
		}
		if len(wrong) > 0 {
			return strings.Join(wrong, ", ") + notUTF8
		}
		return ""
	}
}

// A message of gRPC cannot carry such a name, so no client can ask for it.
const notUTF8 = ": the name is not UTF-8, and is left out"

// WithService adds a service that depends on the checks of these groups and on
// those that are in none, as health.Handler.CheckOf has them (HEALTH-17), so that
// one server can answer for several services. With no group it depends on the
// checks that are in none.
func WithService(name string, groups ...string) Option {
	groups = slices.Clone(groups)
	return func(s *Server) string {
		if !utf8.ValidString(name) {
			return fmt.Sprintf("WithService(%q)", name) + notUTF8
		}
		s.services[name] = &target{server: s, check: func(ctx context.Context) (health.Response, bool) {
			return s.handler.CheckOf(ctx, groups...)
		}}
		return ""
	}
}

// WithInterval sets how long after an answer of the checks they are asked
// again for those who watch, 1 s by default, and so how late a Watch learns that
// a check fails or passes again: the interval, and what the checks take. SetReady,
// SetNotReady and the state of the lifecycle reach a Watch at once. Without a
// Watch no check is asked.
// An interval that is not positive is left out, with an error logged.
func WithInterval(d time.Duration) Option {
	return func(s *Server) string {
		if d <= 0 {
			return fmt.Sprintf("WithInterval(%v) is not positive; %v is used", d, s.interval)
		}
		s.interval = d
		return ""
	}
}

// misused logs misuse as an error, with the place that called the caller.
func misused(msg string) {
	defer func() { _ = recover() }() // a logger that panics must not stop the caller
	_, file, line, _ := runtime.Caller(2)
	slog.Error("grpchealth: "+msg, "at", fmt.Sprintf("%s:%d", file, line))
}
