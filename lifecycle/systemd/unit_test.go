package systemd

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// unit is a service in virtual time, with what systemd would hear of it.
type unit struct {
	*service
	*testing.T
	began time.Time
	err   error // of sending

	mu       sync.Mutex
	messages []string
	hangups  chan<- os.Signal
}

// newUnit must be called in a bubble.
func newUnit(t *testing.T) *unit {
	u := &unit{service: newService(), T: t, began: time.Now()}
	u.notifier = newNotifier(u.service, "/run/notify")
	u.notifier.send = func(message string) error {
		u.mu.Lock()
		defer u.mu.Unlock()
		message = regexp.MustCompile(`MONOTONIC_USEC=\d+`).ReplaceAllString(message, "MONOTONIC_USEC=now")
		message = strings.Replace(message, "waits for main, ", "waits for ", 1) // main may be back by then, or not
		u.messages = append(u.messages, fmt.Sprintf("%v %s", time.Since(u.began), strings.ReplaceAll(message, "\n", " ")))
		return u.err
	}
	u.reloads.subscribe = func(c chan<- os.Signal) func() {
		u.subscribe(c)
		return func() { u.subscribe(nil) }
	}
	return u
}

// start runs main, and returns what waits for Run's result.
func (u *unit) start(main func(context.Context) error, opts ...lifecycle.Option) (wait func() error) {
	ended := make(chan error, 1)
	go func() { ended <- u.run(main, append(opts, lifecycle.WithSignals())) }()
	synctest.Wait()
	return func() error { return <-ended }
}

func (u *unit) subscribe(c chan<- os.Signal) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.hangups = c
}

// kill is what package signal does when a SIGHUP comes. It reports whether
// somebody is subscribed to it.
func (u *unit) kill() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	select {
	case u.hangups <- syscall.SIGHUP:
	default:
	}
	return u.hangups != nil
}

// hangup is kill, and waits until nothing goes on any more.
func (u *unit) hangup() {
	u.kill()
	synctest.Wait()
}

// expect compares the messages that came since it was called last.
func (u *unit) expect(want ...string) {
	u.Helper()
	synctest.Wait()
	u.mu.Lock()
	defer u.mu.Unlock()
	if !slices.Equal(u.messages, want) {
		u.Errorf("messages:\n%s\nwant:\n%s", strings.Join(u.messages, "\n"), strings.Join(want, "\n"))
	}
	u.messages = nil
}

func untilStop(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
