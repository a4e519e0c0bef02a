// Package mist holds this module's own lifecycle and health to the contract:
// it says how they fit behind a conformance.Implementation.
package mist

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/model"
	"github.com/greynewell/mist-go/model/conformance"
)

// Implementation returns lifecycle and health as the suite sees them.
func Implementation() conformance.Implementation {
	return conformance.Implementation{
		Name: "mist",
		Run: func(main func(context.Context) error, drain, shutdown time.Duration) error {
			return lifecycle.Run(main, options(conformance.Settings{Drain: drain, Shutdown: shutdown})...)
		},
		// Those that fit as they are stay as they are, so that the place in an
		// error is the suite's, not this file.
		OnShutdown:     lifecycle.OnShutdown,
		DrainGroup:     lifecycle.DrainGroup,
		WorkContext:    lifecycle.WorkContext,
		Track:          lifecycle.Track,
		Go:             lifecycle.Go,
		Stop:           lifecycle.Stop,
		MarkStarted:    lifecycle.MarkStarted,
		Handler:        lifecycle.Handler,
		ListenAndServe: func(ctx context.Context, srv *http.Server) error { return lifecycle.ListenAndServe(ctx, srv) },
		Serve: func(ctx context.Context, srv *http.Server, ln net.Listener) error {
			return lifecycle.Serve(ctx, srv, ln)
		},
		Health:     Health,
		HealthWith: HealthWith,
		Is:         is,
		RunWith: func(main func(context.Context) error, s conformance.Settings) error {
			return lifecycle.Run(main, options(s)...)
		},
		State: func(ctx context.Context) string {
			source, ok := fsm.FromContext(ctx)
			if !ok {
				return ""
			}
			return source.State().String()
		},
		OnShutdownContext: func(ctx context.Context, hook func(context.Context) error, timeout time.Duration) {
			lifecycle.OnShutdownContext(ctx, hook, lifecycle.HookTimeout(timeout))
		},
		OnShutdownStop: func(ctx context.Context, hook func(context.Context) error, timeout time.Duration) func() bool {
			return lifecycle.OnShutdownContext(ctx, hook, lifecycle.HookTimeout(timeout))
		},
		ServeTLS: func(ctx context.Context, srv *http.Server, ln net.Listener, certFile, keyFile string) error {
			return lifecycle.ServeTLS(ctx, srv, ln, certFile, keyFile)
		},
		ListenAndServeTLS: func(ctx context.Context, srv *http.Server, certFile, keyFile string) error {
			return lifecycle.ListenAndServeTLS(ctx, srv, certFile, keyFile)
		},
		ServeUntilStopped: func(ctx context.Context, srv *http.Server, ln net.Listener) error {
			return lifecycle.Serve(ctx, srv, ln, lifecycle.UntilStopped())
		},
		ServeFunc:    lifecycle.ServeFunc,
		CancelOnStop: lifecycle.CancelOnStop,
		ExitCode:     lifecycle.ExitCode,
		Takes: conformance.Supported{
			Parent: true, Signals: true, Delay: true, Grace: true, ManualStart: true,
			Observe: true, Log: true, Logger: true, CleanError: true, SignalError: true,
		},
		Machine: machine,
		Misuses: misuses(),
		Polls:   true,
	}
}

// options translates the settings that are given.
func options(s conformance.Settings) []lifecycle.Option {
	var opts []lifecycle.Option
	give := func(given bool, opt func() lifecycle.Option) {
		if given {
			opts = append(opts, opt())
		}
	}
	give(s.Parent != nil, func() lifecycle.Option { return lifecycle.WithContext(s.Parent) })
	give(s.Drain != 0, func() lifecycle.Option { return lifecycle.WithDrainTimeout(s.Drain) })
	give(s.Shutdown != 0, func() lifecycle.Option { return lifecycle.WithShutdownTimeout(s.Shutdown) })
	give(s.Delay != 0, func() lifecycle.Option { return lifecycle.WithDrainDelay(s.Delay) })
	give(s.Grace != 0 || s.NoGrace, func() lifecycle.Option { return lifecycle.WithReturnGrace(s.Grace) })
	give(s.ManualStart, lifecycle.WithManualStart)
	give(s.Signals != nil, func() lifecycle.Option { return lifecycle.WithSignalSource(s.Signals) })
	give(s.Observe != nil, func() lifecycle.Option { return lifecycle.WithObserver(observer(s.Observe)) })
	give(s.CleanError != nil, func() lifecycle.Option { return lifecycle.WithCleanError(s.CleanError) })
	give(s.SignalError, lifecycle.WithSignalError)
	give(s.Logger != nil, func() lifecycle.Option { return lifecycle.WithLogger(s.Logger) })
	give(s.Log != nil && s.Logger == nil, func() lifecycle.Option { return lifecycle.WithLogger(logger(s.Log)) })
	return opts
}

func observer(observe func(conformance.Step)) func(fsm.Step) {
	return func(s fsm.Step) {
		observe(conformance.Step{At: s.At, From: s.From.String(), On: s.On.String(), To: s.To.String()})
	}
}

// is finds the kinds that have a sentinel or a type.
func is(err error, kind model.Kind) bool {
	sentinels := map[model.Kind]error{
		model.DrainTimeout:    lifecycle.ErrDrainTimeout,
		model.ShutdownTimeout: lifecycle.ErrShutdownTimeout,
		model.MainRunning:     lifecycle.ErrMainRunning,
		model.Forced:          lifecycle.ErrForced,
		model.Goexit:          lifecycle.ErrGoexit,
	}
	switch kind {
	case model.Panic:
		var p *lifecycle.PanicError
		return errors.As(err, &p)
	case model.CauseSIGINT:
		return stoppedBy(err, os.Interrupt)
	case model.CauseSIGTERM:
		return stoppedBy(err, syscall.SIGTERM)
	}
	return sentinels[kind] != nil && errors.Is(err, sentinels[kind])
}

func stoppedBy(err error, sig os.Signal) bool {
	var s *lifecycle.SignalError
	return errors.As(err, &s) && s.Signal == sig
}

func machine() conformance.Machine {
	m := fsm.New()
	return conformance.Machine{
		State: func() string { return m.State().String() },
		Fire: func(event string) (refused bool, err error) {
			var e fsm.Event
			if err := e.UnmarshalText([]byte(event)); err != nil {
				return false, err
			}
			_, err = m.Fire(e)
			var transition *fsm.TransitionError
			return errors.As(err, &transition) && transition.State == m.State() && transition.Event == e, err
		},
	}
}

// Health returns a health handler as the suite sees it.
func Health(tool, version string) conformance.HealthFuncs {
	return HealthWith(tool, version, conformance.HealthSettings{})
}

// HealthWith is Health with settings.
func HealthWith(tool, version string, s conformance.HealthSettings) conformance.HealthFuncs {
	var opts []health.Option
	if s.Log != nil {
		opts = append(opts, health.WithLogger(logger(s.Log)))
	}
	if s.Observe != nil {
		opts = append(opts, health.WithObserver(func(c health.Change) { s.Observe(c.Check, c.Err, c.At) }))
	}
	h := health.New(tool, version, opts...)
	return conformance.HealthFuncs{
		AddCheck:  func(name string, check func() error) { h.AddCheck(name, check) },
		SetReady:  h.SetReady,
		Liveness:  h.Liveness(),
		Readiness: h.Readiness(),
		Startup:   h.Startup(),
		Follow:    h.Follow,
		AddCheckContext: func(name string, check func(context.Context) error, s conformance.CheckSettings) {
			var opts []health.CheckOption
			if s.Timeout != 0 {
				opts = append(opts, health.Timeout(s.Timeout))
			}
			if s.CacheFor != 0 {
				opts = append(opts, health.CacheFor(s.CacheFor))
			}
			if s.Optional {
				opts = append(opts, health.Optional())
			}
			if s.FailAfter != 0 {
				opts = append(opts, health.FailAfter(s.FailAfter))
			}
			if s.RefreshAhead {
				opts = append(opts, health.RefreshAhead())
			}
			if len(s.Groups) > 0 {
				opts = append(opts, health.Group(s.Groups...))
			}
			h.AddCheckContext(name, check, opts...)
		},
		RemoveCheck: h.RemoveCheck,
		ReadinessOf: func(groups ...string) http.Handler { return h.ReadinessOf(groups...) },
		CheckOf: func(ctx context.Context, groups ...string) (string, map[string]string, bool) {
			r, ready := h.CheckOf(ctx, groups...)
			return r.Status, r.Checks, ready
		},
		SetNotReady: h.SetNotReady,
		Takes:       conformance.HealthSupported{FailAfter: true, RefreshAhead: true, Observe: true},
	}
}

func logger(tell func(level, line string)) *slog.Logger { return slog.New(teller(tell)) }
