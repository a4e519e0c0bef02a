package play

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"

	"github.com/greynewell/mist-go/model"
)

// ownError is an error that the scenario itself causes. Each is found again
// by its identity.
type ownError struct{ kind model.Kind }

// Error names the kind.
func (e *ownError) Error() string { return "the " + string(e.kind) + " of the scenario" }

// ownClean is an error that the scenario calls a clean end.
type ownClean struct{ kind model.Kind }

// Error names the kind.
func (e *ownClean) Error() string { return "the clean " + string(e.kind) + " of the scenario" }

// isOwnClean says so as users do, and so of an error too that holds others.
func isOwnClean(err error) bool {
	var own *ownClean
	return errors.As(err, &own)
}

// made returns the scenario's error of a kind, the same each time.
func (p *player) made(k model.Kind) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keep(k, &ownError{k})
}

// keep remembers what the scenario's code returned or panicked with.
func (p *player) keep(k model.Kind, err error) error {
	if p.over {
		return err
	}
	if known := p.values[k]; known != nil {
		return known
	}
	p.values[k] = err
	return err
}

// end ends a piece of the scenario's code: it returns, panics or exits.
func (p *player) end(e model.Exit, returned, panicked model.Kind) error {
	switch e {
	case model.ReturnsError:
		return p.made(returned)
	case model.ReturnsCanceled:
		return p.value(returned, context.Canceled)
	case model.ReturnsWrapped:
		return p.value(returned, fmt.Errorf("ended as asked: %w", context.Canceled))
	case model.ReturnsClosed:
		return p.value(returned, http.ErrServerClosed)
	case model.ReturnsCause:
		return p.value(returned, context.Cause(p.ctx))
	case model.ReturnsJoined:
		return p.value(returned, errors.Join(context.Canceled, http.ErrServerClosed))
	case model.ReturnsNetClosed:
		return p.value(returned, &net.OpError{Op: "accept", Net: "tcp", Err: net.ErrClosed})
	case model.ReturnsOwnClean:
		return p.value(returned, &ownClean{returned})
	case model.ReturnsOwnJoined:
		return p.value(returned, fmt.Errorf("ended as asked: %w", errors.Join(context.Canceled, &ownClean{returned})))
	case model.ReturnsOwnMixed:
		return p.value(returned, errors.Join(&ownClean{returned}, &ownError{returned}))
	case model.ReturnsMixed:
		return p.value(returned, errors.Join(context.Canceled, &ownError{returned}))
	case model.Panics:
		panic("the " + string(panicked) + " of the scenario")
	case model.PanicsNil:
		var nothing any
		panic(nothing)
	case model.PanicsError:
		panic(p.made(panicked))
	case model.PanicsCanceled:
		panic(context.Canceled)
	case model.CallsGoexit:
		runtime.Goexit()
	}
	return nil
}

func (p *player) value(k model.Kind, err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		return nil
	}
	return p.keep(k, err)
}
