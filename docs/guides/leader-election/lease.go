package main

import (
	"context"
	"log/slog"
	"os"
	"time"
)

// fileLease stands for your lease, such as a Lease object in Kubernetes: the
// instance that creates the file has it, until the file is removed. A real one
// expires when its holder dies.
type fileLease string

const every = 50 * time.Millisecond

func (name fileLease) run(election context.Context, started func(held context.Context)) {
	for !name.take() {
		if !sleep(election) {
			return
		}
	}
	held, lost := context.WithCancel(election)
	defer lost()
	go started(held)
	for name.isThere() {
		if !sleep(election) {
			slog.Info("lease given up")
			_ = os.Remove(string(name))
			return
		}
	}
}

func (name fileLease) take() bool {
	f, err := os.OpenFile(string(name), os.O_CREATE|os.O_EXCL, 0o600)
	return err == nil && f.Close() == nil
}

func (name fileLease) isThere() bool {
	_, err := os.Stat(string(name))
	return err == nil
}

// sleep returns false when ctx has ended.
func sleep(ctx context.Context) bool {
	select {
	case <-time.After(every):
		return true
	case <-ctx.Done():
		return false
	}
}
