package systemd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"

	"github.com/coreos/go-systemd/v22/daemon"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// OnReload has reload called for each SIGHUP, which is what systemctl reload
// sends to a service of Type=notify-reload (systemd 253 and later). Call it in main, with the context
// that [Run] gave to it, once there is something to reload.
//
//   - Around the call, RELOADING=1 and READY=1 are sent, so that systemctl
//     reload returns when reload does.
//   - reload is given ctx. Of several that are registered all are called, one
//     after another, in that order. They are never called side by side, and of
//     all signals that come meanwhile one counts.
//   - An error, a panic or runtime.Goexit is logged to slog.Default() and shows
//     in the unit's status, and the service goes on. systemd has no message
//     which says that a reload failed, so systemctl reload succeeds.
//   - A signal that comes while Starting counts once the service is Running.
//     One that comes while Draining or Hooks is ignored, and logged.
//   - A reload that is under way when the service is stopped is work in flight:
//     no hook runs before it has returned, or the drain timeout has run out. It
//     sees the stop by ctx, if that is main's. READY=1 is not sent then.
//
// Before the first call of OnReload a SIGHUP ends the process, as it does by
// default, and so it does after Run has returned. With
// lifecycle.WithManualStart, call it before lifecycle.MarkStarted: then systemd
// sends none before.
//
// Without NOTIFY_SOCKET the same happens, and nothing is sent. With a context
// that does not come from Run, a nil function, or after Run has returned,
// nothing happens but an error in the log. Safe for concurrent use.
func OnReload(ctx context.Context, reload func(ctx context.Context) error) {
	f := reloadFunc{ctx: ctx, reload: reload, place: callerPlace()}
	var s *service
	if ctx != nil {
		s, _ = ctx.Value(serviceKey{}).(*service)
	}
	switch {
	case s == nil:
		f.log("OnReload: the context does not come from systemd.Run; the function will never be called")
	case reload == nil:
		f.log("OnReload: the function is nil")
	case !s.reloads.add(f):
		f.log("OnReload: the service is stopped; the function will never be called")
	}
}

func callerPlace() string {
	_, file, line, _ := runtime.Caller(2)
	return fmt.Sprintf("%s:%d", file, line)
}

// reloadFunc is what one call of OnReload registered.
type reloadFunc struct {
	ctx    context.Context
	reload func(ctx context.Context) error
	place  string // file:line of that call
}

func (f reloadFunc) log(text string, attrs ...any) {
	slog.Error("systemd: "+text, append(attrs, slog.String("at", f.place))...)
}

// call calls the function, on a goroutine of its own because a Goexit ends it.
func (f reloadFunc) call() error {
	ended := make(chan error, 1)
	go func() {
		err := lifecycle.ErrGoexit // stays when a Goexit lets nothing below run
		defer func() { ended <- err }()
		err = f.recovered()
	}()
	err := <-ended
	if err != nil {
		f.log("a reload failed", slog.Any("error", err))
	}
	return err
}

// interrupted reports whether err says no more than that ctx is cancelled.
func interrupted(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)))
}

func (f reloadFunc) recovered() (err error) {
	returned := false
	defer func() {
		if !returned {
			err = fmt.Errorf("panic: %v", recover())
			f.log("a reload panicked", slog.Any("error", err), slog.String("stack", string(debug.Stack())))
		}
	}()
	if err = f.reload(f.ctx); err != nil { // whose methods are code of the user's too
		if interrupted(f.ctx, err) {
			slog.Debug("systemd: a reload was interrupted by the stop", slog.String("at", f.place))
			err = nil
		} else {
			err = errors.New(err.Error())
		}
	}
	returned = true
	return err
}

// reloads is what SIGHUP does to a service.
type reloads struct {
	service *service
	// subscribe has SIGHUP delivered to the channel, until stop is called.
	subscribe func(chan<- os.Signal) (stop func())
	signals   chan os.Signal // holds one: of those that come during a reload, one counts

	mu        sync.Mutex
	functions []reloadFunc
	stop      func()        // of subscribe; nil before the first function
	running   bool          // a reload is under way
	ended     bool          // lifecycle.Run has returned
	done      chan struct{} // closed when there is no goroutine, or it has ended
}

func newReloads(s *service) *reloads {
	return &reloads{service: s, subscribe: hangups, signals: make(chan os.Signal, 1), done: make(chan struct{})}
}

func hangups(c chan<- os.Signal) (stop func()) {
	signal.Notify(c, syscall.SIGHUP)
	return func() { signal.Stop(c) }
}

// add reports whether the function may still be called.
func (r *reloads) add(f reloadFunc) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return false
	}
	r.functions = append(r.functions, f)
	if r.stop == nil {
		r.stop = r.subscribe(r.signals)
		go r.loop()
	}
	return true
}

// end takes no more signals. done is closed when the goroutine has ended,
// unless it is in a function that does not return.
func (r *reloads) end() (done <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	if r.stop != nil {
		r.stop()
	}
	if r.stop == nil || r.running {
		nothing := make(chan struct{})
		close(nothing)
		return nothing
	}
	return r.done
}

func (r *reloads) loop() {
	defer close(r.done)
	for {
		select {
		case <-r.signals:
		case <-r.service.over:
			return
		}
		if functions := r.begin(); functions != nil {
			r.reload(functions)
			r.mu.Lock()
			r.running = false
			r.mu.Unlock()
		}
	}
}

// begin returns the functions to call, once the service is Running; nil when it
// is stopped.
func (r *reloads) begin() []reloadFunc {
	select {
	case <-r.service.ready():
	case <-r.service.over:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running = !r.ended
	if r.ended {
		return nil
	}
	return r.functions
}

// reload calls the functions. What systemd is sent around that, it is sent only
// while it has heard of no stop.
func (r *reloads) reload(functions []reloadFunc) {
	s := r.service
	done, ok := func() {}, s.source.State() == fsm.Running
	if ok {
		done, ok = lifecycle.Track(s.ctx)
	}
	defer done()
	if !ok || !s.in(fsm.Running, reloading) {
		slog.Info("systemd: SIGHUP is ignored: the service is stopping", slog.Any("state", s.source.State()))
		return
	}
	var errs []error
	for _, f := range functions {
		if err := f.call(); err != nil {
			errs = append(errs, err)
		}
	}
	result := "running (reloaded)"
	if len(errs) > 0 {
		result = "running (reload failed: " + errors.Join(errs...).Error() + ")"
	}
	done() // systemd may order a stop as soon as it has heard of the end
	s.in(fsm.Running, func() string { return daemon.SdNotifyReady + "\n" + statusLine(result) })
}

// reloading says when the reload began, because systemd takes a RELOADING=1
// for the answer to its SIGHUP only if it came after that.
func reloading() string {
	return daemon.SdNotifyReloading + "\n" + monotonic() + "\n" + statusLine("reloading")
}
