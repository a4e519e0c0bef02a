package lifecycle

import (
	"log/slog"
	"sync/atomic"
)

// beside is what a server has under way beside the goroutine that stops it:
// calls that may not return for long, such as a Close of the user's. The stop
// waits until there are none, as long as it waits for anything.
type beside struct {
	log   *asyncLog
	n     atomic.Int64
	ended func() // one has ended
}

// do calls fn on a goroutine of its own. A panic of it is logged.
func (b *beside) do(what string, fn func()) {
	b.n.Add(1)
	go call(func() error { fn(); return nil }, func(err error) {
		if err != nil {
			b.log.add(slog.LevelError, 0, what+" has failed", slog.Any("error", err))
		}
		b.n.Add(-1)
		b.ended()
	})
}

func (b *beside) busy() bool { return b.n.Load() > 0 }
