package lifecycle

import (
	"context"
	"errors"
)

// ServeFunc: to be done (HTTP-8).
func ServeFunc(ctx context.Context, serve func() error, shutdown func(ctx context.Context) error, closeNow func() error) error {
	return errors.ErrUnsupported
}
