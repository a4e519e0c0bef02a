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

// Option configures [New].
type Option func(*Server) (problem string)

// WithServices adds services by name, such as "match.v1.Matcher", that depend on every
// check. The service "" always exists and also depends on every check, unless
// [WithService] gives it groups. The option may be given more than once; if a name is
// repeated, the last option counts.
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

// A gRPC message cannot contain such a name, so no client can ask for it.
const notUTF8 = ": the name is not UTF-8 and is ignored"

// WithService adds a service that depends on the checks in these groups and on those
// without a group, as for health.Handler.CheckOf (HEALTH-17). So one server can answer
// for several services. Without groups the service depends only on checks without a
// group.
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

// WithInterval sets how long after a result the checks are run again while there is a
// Watch. Default 1 s. A Watch is notified of a failed or recovered check after at most
// the interval plus the duration of the checks, and of changes by SetReady, SetNotReady
// and the lifecycle immediately. Without a Watch no checks are run. If d is not
// positive, it is ignored and an error is logged.
func WithInterval(d time.Duration) Option {
	return func(s *Server) string {
		if d <= 0 {
			return fmt.Sprintf("WithInterval(%v) is not positive; the interval stays %v", d, s.interval)
		}
		s.interval = d
		return ""
	}
}

// logMisuse logs misuse as an error, with the call site of the calling function.
func logMisuse(msg string) {
	defer func() { _ = recover() }() // a logger that panics must not stop the caller
	_, file, line, _ := runtime.Caller(2)
	slog.Error("grpchealth: "+msg, "at", fmt.Sprintf("%s:%d", file, line))
}
