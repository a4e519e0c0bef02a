package grpchealth

import (
	"fmt"
	"log/slog"
	"runtime"
	"time"
)

const defaultInterval = time.Second

// Option changes what [New] makes.
type Option func(*Server) (problem string)

// WithServices adds services that are known by name, such as
// "match.v1.Matcher". "" is always known. It may be given more than once.
func WithServices(names ...string) Option {
	return func(s *Server) string {
		for _, name := range names {
			s.services[name] = true
		}
		return ""
	}
}

// WithInterval sets how long after an answer of the checks they are asked
// again for those who watch, 1 s by default. It bounds how late a Watch is told
// that a check fails or passes again, or of SetReady. The state of the
// lifecycle needs no interval. While nobody watches, nothing is asked.
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

// complain logs misuse as an error, with the place that called the caller.
func complain(msg string) {
	_, file, line, _ := runtime.Caller(2)
	slog.Error("grpchealth: "+msg, "at", fmt.Sprintf("%s:%d", file, line))
}
