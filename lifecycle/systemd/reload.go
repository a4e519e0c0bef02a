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

// OnReload registers reload to be called for each SIGHUP, which systemctl reload
// sends to a service of Type=notify-reload (systemd 253 and later). Call it in main,
// with the context from [Run], once there is something to reload.
//
//   - Before the call RELOADING=1 is sent, and after it READY=1, so that systemctl
//     reload returns when reload does.
//   - reload is called with ctx. If several functions are registered, all are called,
//     one after another, in the order of registration, never concurrently. Of several
//     signals during a reload, only one counts.
//   - An error, a panic or runtime.Goexit is logged to slog.Default() and shown in the
//     unit's status; the service keeps running. systemd has no message for a failed
//     reload, so systemctl reload succeeds.
//   - A signal that arrives while Starting takes effect once the service is Running.
//     One that arrives during Draining or Hooks is ignored, which is logged.
//   - A reload that is running at the stop is in-flight work: no hook runs until it has
//     returned or the drain timeout has run out. Its ctx is cancelled if that is
//     main's. READY=1 is then not sent.
//
// Before the first call of OnReload, and after Run has returned, SIGHUP kills the
// process, as by default. With lifecycle.WithManualStart, call OnReload before
// lifecycle.MarkStarted, because systemd sends no SIGHUP until then.
//
// Without NOTIFY_SOCKET SIGHUP works in the same way, but nothing is sent. With a
// context that does not come from Run, with a nil function, or after Run has
// returned, OnReload only logs an error. It is safe for concurrent use.
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
		f.log("OnReload: the service has stopped; the function will never be called")
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

// call calls the function on a new goroutine, because a Goexit ends that.
func (f reloadFunc) call() error {
	ended := make(chan error, 1)
	go func() {
		err := lifecycle.ErrGoexit // stays if Goexit skips the assignment below
		defer func() { ended <- err }()
		err = f.recovered()
	}()
	err := <-ended
	if err != nil {
		f.log("reload failed", slog.Any("error", err))
	}
	return err
}

// interrupted reports whether err is only the cancellation of ctx.
func interrupted(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)))
}

func (f reloadFunc) recovered() (err error) {
	returned := false
	defer func() {
		if !returned {
			err = fmt.Errorf("panic: %v", recover())
			f.log("reload panicked", slog.Any("error", err), slog.String("stack", string(debug.Stack())))
		}
	}()
	if err = f.reload(f.ctx); err != nil { // its methods may be user code
		if interrupted(f.ctx, err) {
			slog.Debug("systemd: reload interrupted by the stop", slog.String("at", f.place))
			err = nil
		} else {
			err = errors.New(err.Error())
		}
	}
	returned = true
	return err
}

// reloads handles SIGHUP for a service.
type reloads struct {
	service *service
	// subscribe delivers SIGHUP to the channel until stop is called.
	subscribe func(chan<- os.Signal) (stop func())
	signals   chan os.Signal // holds one: of several signals during a reload, one counts

	mu        sync.Mutex
	functions []reloadFunc
	stop      func()        // of subscribe; nil before the first function
	running   bool          // a reload is running
	ended     bool          // lifecycle.Run has returned
	done      chan struct{} // closed when loop has ended
}

func newReloads(s *service) *reloads {
	return &reloads{service: s, subscribe: hangups, signals: make(chan os.Signal, 1), done: make(chan struct{})}
}

func hangups(c chan<- os.Signal) (stop func()) {
	signal.Notify(c, syscall.SIGHUP)
	return func() { signal.Stop(c) }
}

// add registers a function. It returns false if lifecycle.Run has returned.
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

// end stops handling signals. done is closed when the goroutine has ended, or at once
// if there is none or it is in a reload, which may not return.
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

// begin waits until the service is Running and returns the functions to call, or nil
// if it has stopped.
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

// reload calls the functions, and sends messages before and after unless a stop has
// been sent.
func (r *reloads) reload(functions []reloadFunc) {
	s := r.service
	done, ok := func() {}, s.source.State() == fsm.Running
	if ok {
		done, ok = lifecycle.Track(s.ctx)
	}
	defer done()
	if !ok || !s.in(fsm.Running, reloading) {
		slog.Info("systemd: SIGHUP ignored: the service is stopping", slog.Any("state", s.source.State()))
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
	done() // before READY=1, after which systemd may request a stop
	s.in(fsm.Running, func() string { return daemon.SdNotifyReady + "\n" + statusLine(result) })
}

// reloading returns the message for the start of a reload. It has the time, because
// systemd accepts RELOADING=1 as the reply to its SIGHUP only if it is later.
func reloading() string {
	return daemon.SdNotifyReloading + "\n" + monotonic() + "\n" + statusLine("reloading")
}
