package checks

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// ManyRequests checks HTTP-6. It has many requests be under way at the stop, each over a
// connection of its own: all are answered.
func ManyRequests(c *Checker) {
	for _, n := range []int{17, 65, 300} {
		c.serving(c.Impl.Serve, subject.Settings{}, lasting, func(v *service) {
			v.client.Transport.(*http.Transport).DisableKeepAlives = true
			var under sync.WaitGroup
			var lost atomic.Int64
			var last atomic.Pointer[exchange]
			for i := range n {
				under.Go(func() {
					if e := v.get(fmt.Sprint(1+i%7, "s")); !e.ok() {
						lost.Add(1)
						last.Store(&e)
					}
				})
			}
			time.Sleep(500 * time.Millisecond)
			v.end()
			under.Wait()
			if lost.Load() > 0 {
				c.Errorf("of %d requests under way at the stop %d are not answered: %v", n, lost.Load(), last.Load())
			}
		})
	}
}
