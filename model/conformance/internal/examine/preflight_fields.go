package examine

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// health calls what a health handler has.
func (p *preflight) health() {
	var h subject.HealthFuncs
	p.must("Implementation.Health", func() { h = p.impl.Health("tool", "version") })
	if err := h.Valid(p.impl); err != nil {
		p.refuse("%v", err)
	}
	p.must("HealthFuncs.AddCheck", func() { h.AddCheck("a", func() error { return nil }) })
	p.must("HealthFuncs.SetReady", func() { h.SetReady(true) })
	p.must("HealthFuncs.Liveness", func() { play.Ask(h.Liveness, http.MethodGet) })
	p.must("HealthFuncs.Readiness", func() { play.Ask(h.Readiness, http.MethodGet) })
	if h.AddCheckContext != nil {
		p.try(subject.NeedAddCheckContext, func() {
			h.AddCheckContext("b", func(context.Context) error { return nil }, subject.CheckSettings{Timeout: short})
		})
	}
	if h.RemoveCheck != nil {
		p.try(subject.NeedRemoveCheck, func() { h.RemoveCheck("a") })
	}
	if h.Startup != nil {
		p.try(subject.NeedStartup, func() { play.Ask(h.Startup, http.MethodGet) })
	}
	if h.ReadinessOf != nil {
		p.try(subject.NeedGroups, func() { play.Ask(h.ReadinessOf("group"), http.MethodGet) })
	}
	if h.SetNotReady != nil {
		p.try(subject.NeedSetNotReady, func() { h.SetNotReady("a reason") })
	}
	if p.impl.HealthWith == nil {
		return
	}
	p.try(subject.NeedHealthLog, func() {
		h := p.impl.HealthWith("tool", "version", subject.HealthSettings{})
		if err := h.Valid(p.impl); err != nil {
			p.refuse("what Implementation.HealthWith returns: %v", err)
		}
	})
}

// within calls, in a run, what takes the run's context. How that ends is for the
// clauses to say: whether Run returns is not looked at for longer than a moment.
func (p *preflight) within() {
	impl := p.impl
	called, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		defer func() { _ = recover() }()
		_ = impl.Run(func(ctx context.Context) error {
			defer close(called)
			p.core(ctx)
			p.extended(ctx)
			p.serving(ctx)
			if impl.Stop != nil {
				p.try(subject.NeedStop, func() { impl.Stop(ctx, nil) })
			}
			return nil
		}, short, short)
	}()
	select {
	case <-called:
	case <-over: // main was not called, which RUN-1 is about
	}
	if impl.Is != nil {
		p.try(subject.NeedIs, func() { impl.Is(errors.New("another"), model.Panic) })
	}
	if impl.ExitCode != nil {
		p.try(subject.NeedExitCode, func() { impl.ExitCode(errors.New("another")) })
	}
	if impl.Machine != nil {
		p.try(subject.NeedMachine, func() { impl.Machine().State() })
	}
}

// core calls what must be set.
func (p *preflight) core(ctx context.Context) {
	p.must("Implementation.OnShutdown", func() { p.impl.OnShutdown(ctx, func() error { return nil }) })
	p.must("Implementation.DrainGroup", func() { p.impl.DrainGroup(ctx) })
}

// extended calls what is set of the rest, but for what serves.
func (p *preflight) extended(ctx context.Context) {
	impl := p.impl
	try := func(set bool, field subject.Need, f func()) {
		if set {
			p.try(field, f)
		}
	}
	try(impl.State != nil, subject.NeedState, func() { impl.State(ctx) })
	try(impl.OnShutdownContext != nil, subject.NeedOnShutdownContext, func() {
		impl.OnShutdownContext(ctx, func(context.Context) error { return nil }, 0)
	})
	try(impl.OnShutdownStop != nil, subject.NeedOnShutdownStop, func() {
		impl.OnShutdownStop(ctx, func(context.Context) error { return nil }, 0)
	})
	try(impl.WorkContext != nil, subject.NeedWorkContext, func() { impl.WorkContext(ctx) })
	try(impl.Track != nil, subject.NeedTrack, func() {
		if done, _ := impl.Track(ctx); done != nil {
			done()
		}
	})
	try(impl.Go != nil, subject.NeedGo, func() { impl.Go(ctx, func(context.Context) error { return nil }) })
	try(impl.MarkStarted != nil, subject.NeedMarkStarted, func() { impl.MarkStarted(ctx) })
	try(impl.Handler != nil, subject.NeedHandler, func() { play.Ask(impl.Handler(ctx, http.NotFoundHandler()), http.MethodGet) })
	try(impl.CancelOnStop != nil, subject.NeedCancelOnStop, func() {
		play.Ask(impl.CancelOnStop(ctx, http.NotFoundHandler()), http.MethodGet)
	})
	if impl.Health == nil {
		return
	}
	h := impl.Health("tool", "version")
	try(h.Follow != nil, subject.NeedFollow, func() { h.Follow(ctx) })
}

// serving calls what serves, with a listener that is closed and a server that ends
// at once.
func (p *preflight) serving(ctx context.Context) {
	impl := p.impl
	serve := func(field subject.Need, f func(ctx context.Context, srv *http.Server, ln net.Listener) error) {
		if f != nil {
			p.try(field, func() { _ = f(ctx, &http.Server{}, closedListener{}) })
		}
	}
	serve(subject.NeedServe, impl.Serve)
	serve(subject.NeedUntilStopped, impl.ServeUntilStopped)
	if impl.ServeFunc != nil {
		p.try(subject.NeedServeFunc, func() {
			_ = impl.ServeFunc(ctx, func() error { return http.ErrServerClosed }, func(context.Context) error { return nil }, nil)
		})
	}
}

// closedListener is a listener that was closed.
type closedListener struct{}

// The methods of net.Listener.
func (closedListener) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (closedListener) Close() error              { return nil }
func (closedListener) Addr() net.Addr            { return &net.TCPAddr{} }
