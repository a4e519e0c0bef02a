package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func checkBusyIsNamed(c *checker) {
	c.bubble(func() {
		log := &logbook{}
		release := make(chan struct{})
		var group, task string
		err := c.run(func(ctx context.Context) error {
			group = here(1)
			busy := c.impl.DrainGroup(ctx)
			busy.Go(func() { <-release })
			c.impl.DrainGroup(ctx)
			for range 3 {
				c.impl.Track(ctx)
			}
			task = here(1)
			c.impl.Go(ctx, func(context.Context) error { <-release; return nil })
			return nil
		}, Settings{Log: log.log})
		close(release)
		c.expectBusy(err, log, 3, group, task)
	})
}

func checkRequestsAreCounted(c *checker) {
	c.bubble(func() {
		log := &logbook{}
		release := make(chan struct{})
		var group string
		err := c.run(func(ctx context.Context) error {
			group = here(1)
			busy := c.impl.DrainGroup(ctx)
			busy.Go(func() { <-release })
			under := make(chan struct{})
			counted := c.impl.Handler(ctx, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { under <- struct{}{}; <-release }))
			for range 4 {
				go counted.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
				<-under
			}
			return nil
		}, Settings{Log: log.log})
		close(release)
		c.expectBusy(err, log, 4, group)
	})
}

// expectBusy demands that the error and a warning name the places of what is
// busy, and no other of this file, and tell the number of what has no place.
func (c *checker) expectBusy(err error, log *logbook, number int, places ...string) {
	if err == nil {
		c.errorf("Run returns nil, want a drain timeout")
		return
	}
	c.expect(tells(err.Error(), number, places), "the error is to name %q and the number %d: %v", places, number, err)
	c.expect(log.hasLine(func(line string) bool { return strings.HasPrefix(line, "WARN") && tells(line, number, places) }),
		"no warning names %q and the number %d; the log:\n%s", places, number, log)
}

var numbers = regexp.MustCompile(`\b[0-9]+\b`)

// tells says whether a text has the places, none but them, and the number
// beside them: 15s is not 1.
func tells(text string, number int, places []string) bool {
	for _, place := range places {
		if !strings.Contains(text, place) {
			return false
		}
		text = strings.ReplaceAll(text, place, "")
	}
	return !strings.Contains(text, "check_blame.go") && slices.Contains(numbers.FindAllString(text, -1), strconv.Itoa(number))
}

// checkTaskIsCause and checkTaskIsNamed have a task fail, and look at what
// becomes of its error.
func checkTaskIsCause(c *checker) {
	c.failingTask(func(mine error, place string, cause, _ error) {
		c.expect(errors.Is(cause, mine) && strings.Contains(cause.Error(), place),
			"the cause is %v, want the task's error and %s", cause, place)
	})
}

func checkTaskIsNamed(c *checker) {
	c.failingTask(func(mine error, place string, _, result error) {
		c.expect(errors.Is(result, mine) && strings.Contains(result.Error(), place),
			"Run returns %v, want the task's error and %s", result, place)
	})
}

func (c *checker) failingTask(look func(mine error, place string, cause, result error)) {
	c.bubble(func() {
		mine := errors.New("the task's")
		var place string
		var cause error
		result := c.run(func(ctx context.Context) error {
			place = here(1)
			c.impl.Go(ctx, func(context.Context) error { return mine })
			wait(ctx.Done(), time.Hour)
			cause = context.Cause(ctx)
			return nil
		}, Settings{})
		if cause == nil || result == nil {
			c.errorf("a task fails; the cause is %v, and Run returns %v", cause, result)
			return
		}
		look(mine, place, cause, result)
	})
}

// checkPanicValue demands that the value of a panic can be read.
func checkPanicValue(c *checker) {
	for _, value := range []any{"the value", errors.New("the error"), 4711} {
		c.bubble(func() {
			err := c.impl.Run(func(context.Context) error { panic(value) }, 0, 0)
			c.expect(err != nil && strings.Contains(err.Error(), fmt.Sprint(value)),
				"main panics with %v, and Run returns %v", value, err)
		})
	}
}
