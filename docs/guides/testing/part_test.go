package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/lifecycletest"
)

// A part of the service, with a context from lifecycletest.

func TestTheLastDigestIsWrittenAtTheStop(t *testing.T) {
	var out bytes.Buffer
	ctx := lifecycletest.Context(t)
	d := openDigest(ctx, &out)
	d.add()
	d.add()
	if err := lifecycletest.End(ctx); err != nil { // waits for tasks, runs hooks
		t.Error(err)
	}
	if out.String() != "2 events\n" {
		t.Errorf("written: %q", out.String())
	}
}

func TestADigestIsWrittenEveryHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // an hour here takes no time
		var out bytes.Buffer
		d := openDigest(lifecycletest.Context(t), &out)
		d.add()
		time.Sleep(time.Hour)
		synctest.Wait() // until all other goroutines wait for something
		if out.String() != "1 events\n" {
			t.Errorf("written: %q", out.String())
		}
	})
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestADigestThatCannotBeWrittenStopsTheService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := lifecycletest.Context(t)
		openDigest(ctx, fullDisk{}).add()
		time.Sleep(time.Hour)
		<-ctx.Done()
		err := lifecycletest.End(ctx) // the task's error, and the hook's
		var task *lifecycle.TaskError
		var hook *lifecycle.HookError
		if !errors.As(err, &task) || !errors.As(err, &hook) || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("the result is %v", err)
		}
	})
}
