package conformance

import (
	"context"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model"
)

func checkMisuses(c *checker) {
	for _, misuse := range c.impl.Misuses {
		if misuse.Within != nil {
			c.misusedWithin(misuse)
			continue
		}
		var called atomic.Bool
		err := misuse.Run(func(context.Context) error {
			called.Store(true)
			return nil
		})
		switch {
		case called.Load():
			c.errorf("%s: main is called", misuse.Argument)
		case err == nil:
			c.errorf("%s: Run returns nil", misuse.Argument)
		case !strings.Contains(err.Error(), misuse.Argument):
			c.errorf("%s: the error does not name it: %v", misuse.Argument, err)
		}
	}
}

// misusedWithin has main make a call with an argument that is wrong.
func (c *checker) misusedWithin(misuse Misuse) {
	_ = c.impl.Run(func(ctx context.Context) error {
		result := make(chan error, 1)
		go func() { result <- misuse.Within(ctx) }()
		select {
		case err := <-result:
			c.expect(err != nil && strings.Contains(err.Error(), misuse.Argument), "%s: the error does not name it: %v", misuse.Argument, err)
		case <-time.After(soon):
			c.errorf("%s: a call with a bad argument does not return", misuse.Argument)
		}
		return nil
	}, 0, 0)
}

func checkNilHook(c *checker) {
	c.bubble(func() {
		var place string
		err := c.run(func(ctx context.Context) error {
			place = here(1)
			c.impl.OnShutdown(ctx, nil)
			return nil
		}, Settings{})
		c.expect(err != nil && mentions(err.Error(), place), "Run returns %v, want an error that names %s", err, place)
		c.expectNoPanic(err)
	})
}

// checkNilContextHook asks for a place, whichever it is: OnShutdownContext is
// never the library's own function, but an adapter's.
func checkNilContextHook(c *checker) {
	c.bubble(func() {
		err := c.run(func(ctx context.Context) error {
			c.impl.OnShutdownContext(ctx, nil, 0)
			return nil
		}, Settings{})
		c.expect(err != nil && anyPlace.MatchString(err.Error()), "Run returns %v, want an error that names a place", err)
		c.expectNoPanic(err)
	})
}

// anyPlace is file:line.
var anyPlace = regexp.MustCompile(`[^ ]+\.go:[0-9]+`)

func (c *checker) expectNoPanic(err error) {
	if c.offered[NeedIs] && err != nil {
		c.expect(!c.impl.Is(err, model.Panic), "a nil hook panics: %v", err)
	}
}
