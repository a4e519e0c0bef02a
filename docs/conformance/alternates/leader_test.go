package alternates

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/lifecycletest"
)

// newElector is what the guide to leader election shows of client-go.
func newElector(lock resourcelock.Interface, started func(held context.Context)) (*leaderelection.LeaderElector, error) {
	return leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock:            lock,
		ReleaseOnCancel: true, // or the next leader waits for the lease to expire
		LeaseDuration:   15 * time.Second,
		RenewDeadline:   10 * time.Second,
		RetryPeriod:     2 * time.Second,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: started,
			OnStoppedLeading: func() {}, // called without having led, too: see what follows Run instead
		},
	})
}

// The guide says what ReleaseOnCancel does with the context of main: two leaders.
func TestWithClientGoTheContextOfTheElectionDecidesWhetherThereAreTwoLeaders(t *testing.T) {
	for _, c := range []struct {
		name     string
		election func(ctx context.Context) context.Context
		want     []string
	}{
		{"main's context", func(ctx context.Context) context.Context { return ctx },
			[]string{"leading", "stop", "lease given up", "job done", "hook"}},
		{"a context of its own", context.WithoutCancel,
			[]string{"leading", "stop", "job done", "hook", "lease given up"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen events
				ctx := lifecycletest.Context(t)
				election, resign := context.WithCancel(c.election(ctx))
				over := make(chan struct{})
				lifecycle.OnShutdown(ctx, func() error { seen.add("hook"); resign(); <-over; return nil })
				elector, err := newElector(&lease{released: func() { seen.add("lease given up") }}, func(context.Context) {
					seen.add("leading")
					lifecycle.Go(ctx, func(context.Context) error {
						time.Sleep(3 * time.Second)
						seen.add("job done")
						return nil
					})
				})
				if err != nil {
					t.Fatal(err)
				}
				go func() { defer close(over); elector.Run(election) }()
				time.Sleep(time.Second)
				seen.add("stop")
				if err := lifecycletest.End(ctx); err != nil {
					t.Error(err)
				}
				if !slices.Equal(seen.all, c.want) {
					t.Errorf("got  %q\nwant %q", seen.all, c.want)
				}
			})
		})
	}
}

type events struct {
	mu  sync.Mutex
	all []string
}

func (e *events) add(text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, text)
}

// lease is a lock of client-go in memory.
type lease struct {
	mu       sync.Mutex
	record   *resourcelock.LeaderElectionRecord
	released func()
}

func (l *lease) Get(context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.record == nil {
		return nil, nil, apierrors.NewNotFound(schema.GroupResource{}, "lease")
	}
	record := *l.record
	raw, err := json.Marshal(record)
	return &record, raw, err
}

func (l *lease) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.Update(ctx, record)
}

func (l *lease) Update(_ context.Context, record resourcelock.LeaderElectionRecord) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.record = &record
	if record.HolderIdentity == "" {
		l.released()
	}
	return nil
}

func (*lease) RecordEvent(string) {}
func (*lease) Identity() string   { return "me" }
func (*lease) Describe() string   { return "a lease in memory" }
