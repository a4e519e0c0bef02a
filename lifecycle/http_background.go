package lifecycle

import (
	"log/slog"
	"sync/atomic"
)

// backgroundCalls are calls that a stopping server makes on other goroutines,
// because they may block, such as Close of a user's connection. The stop waits for
// them as it does for connections.
type backgroundCalls struct {
	log      *asyncLog
	n        atomic.Int64
	onReturn func() // called after each call
}

// do calls fn on a new goroutine. A panic in it is logged.
func (b *backgroundCalls) do(what string, fn func()) {
	b.n.Add(1)
	go call(func() error { fn(); return nil }, func(err error) {
		if err != nil {
			b.log.add(slog.LevelError, 0, what+" failed", slog.Any("error", err))
		}
		b.n.Add(-1)
		b.onReturn()
	})
}

func (b *backgroundCalls) busy() bool { return b.n.Load() > 0 }
