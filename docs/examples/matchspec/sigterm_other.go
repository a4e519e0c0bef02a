//go:build !unix

package main

import (
	"context"

	"github.com/greynewell/mist-go/lifecycle"
)

const stopText = "lifecycle.Stop: not ready, but still listening"

// sendStop asks for a stop without a signal: here a process cannot send itself
// one. What follows is the same.
func sendStop(ctx context.Context) { lifecycle.Stop(ctx, nil) }
