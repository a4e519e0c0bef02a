package lifecycle_test

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/greynewell/mist-go/internal/goroutines"
	"github.com/greynewell/mist-go/lifecycle"
)

// deep waits below so many calls of itself.
func deep(calls int, release <-chan struct{}) {
	if calls > 0 {
		deep(calls-1, release)
		return
	}
	<-release
}

// RUN-11: the error has the innermost frames of main, unless there are so many
// goroutines, or frames, that a dump would take long.
func TestStackOfAMainThatIsRunning(t *testing.T) {
	frame := "github.com/greynewell/mist-go/lifecycle_test.deep (a line)"
	before := goroutines.Count()
	waits := "lifecycle: main is still running: chan receive in " + strings.Join([]string{frame, frame, frame, frame}, ", called by ")
	for name, tc := range map[string]struct {
		goroutines, calls int
		want              string
	}{
		"four frames":     {0, 10, waits},
		"many goroutines": {2001, 0, "lifecycle: main is still running"},
		"fewer, but deep": {100, 30, "lifecycle: main is still running"},
		"few, and deep":   {20, 100, waits},
	} {
		t.Run(name, func(t *testing.T) {
			for goroutines.Count() > before+1 {
				runtime.Gosched() // until those of the case before are gone
			}
			inVirtualTime(t, func(w *world) {
				release := make(chan struct{})
				for range tc.goroutines {
					go deep(tc.calls, release)
				}
				err := w.run(func(ctx context.Context) error {
					lifecycle.Stop(ctx, nil)
					deep(10, release)
					return nil
				})
				close(release)
				_, text, _ := strings.Cut(err.Error(), "\n")
				text = placeInText.ReplaceAllString(strings.Replace(text, " (durable)", "", 1), "a line")
				if text != tc.want {
					t.Errorf("the error is\n%s\nwant\n%s", text, tc.want)
				}
			})
		})
	}
}
