package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

// What the demo does, and how long it gives the reader to see it.
const (
	demoPause    = 300 * time.Millisecond
	demoSlow     = 1800 * time.Millisecond
	demoStagger  = 120 * time.Millisecond // between one slow request and the next
	demoRequests = 8                      // slow ones
	demoBurst    = 40                     // records just before the signal
)

// demo runs the service in a directory of its own, plays the part of its
// clients, its orchestrator and its operator, and returns the exit code. All
// of that is outside the service and goes on while the service stops.
func demo(out io.Writer) int {
	dir, err := os.MkdirTemp("", "matchspec-demo-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	cfg := config{
		addr:            "127.0.0.1:0",
		admin:           "127.0.0.1:0",
		data:            filepath.Join(dir, "records.jsonl"),
		checkpoints:     filepath.Join(dir, "checkpoints"),
		slow:            demoSlow,
		evaluate:        25 * time.Millisecond,
		flushEvery:      time.Minute, // so that no checkpoint is due while their directory is away
		drainDelay:      500 * time.Millisecond,
		drainTimeout:    15 * time.Second,
		shutdownTimeout: 10 * time.Second,
	}
	fmt.Fprintf(out, "\nmatchspec %s, process %d: a real server, real requests, a real stop.\n"+
		"After the signal it keeps listening for %v while its readiness already fails (the drain delay).\n\n",
		version, os.Getpid(), cfg.drainDelay)

	svc := newService(cfg)
	c := newClient(svc)
	t := newTimeline(out, c.look)
	slog.SetDefault(slog.New(&demoLog{timeline: t, warnings: slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})}))

	var script sync.WaitGroup
	svc.listening = func(ctx context.Context, addr, _ net.Addr) {
		script.Go(func() { play(ctx, c, t, cfg, addr) })
	}
	err = lifecycle.Run(svc.main, append(cfg.options(), lifecycle.WithObserver(t.step))...)
	returned := time.Now()
	script.Wait()
	t.close()
	c.close()
	return verdict(out, c, cfg.data, err, returned)
}

// play is the script: everybody's part but the service's.
func play(ctx context.Context, c *client, t *timeline, cfg config, addr net.Addr) {
	<-t.started // main's own row comes first, and the probes begin after it
	c.found(addr)
	t.tell("listening on %s", addr)
	time.Sleep(demoPause)
	t.tell("a client posts 5 records: %d are accepted", c.post(5))
	time.Sleep(demoPause)
	t.tell("checkpoint directory gone: its check fails%s", failed(os.Rename(cfg.checkpoints, cfg.checkpoints+".away")))
	time.Sleep(demoPause)
	t.tell("checkpoint directory back: its check passes%s", failed(os.Rename(cfg.checkpoints+".away", cfg.checkpoints)))
	time.Sleep(demoPause)

	var slow, begun sync.WaitGroup
	for i := range demoRequests {
		begun.Add(1)
		slow.Go(func() {
			if c.slow(begun.Done) {
				t.note("slow request %d is answered in full", i+1)
			} else {
				t.note("slow request %d is CUT SHORT", i+1)
			}
		})
		time.Sleep(demoStagger)
	}
	begun.Wait()
	t.tell("%d slow requests are in flight", demoRequests)
	t.tell("a client posts %d records: %d are accepted", demoBurst, c.post(demoBurst))

	c.stopped()
	if ctx.Err() == nil { // else somebody was faster, and nothing catches the signal any more
		sendStop(ctx)
	}
	// A load balancer that has not heard of it yet still sends requests. For
	// those the listener stays open during the drain delay.
	time.Sleep(demoPause)
	t.tell("a client posts 5 records: %d are accepted", c.post(5))
	slow.Wait()
}

func failed(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

// verdict holds the service to its promises.
func verdict(out io.Writer, c *client, data string, runErr error, returned time.Time) int {
	code := 0
	say := func(ok bool, format string, args ...any) {
		mark := "✓"
		if !ok {
			mark, code = "✗", 1
		}
		fmt.Fprintf(out, "  %s %s\n", mark, fmt.Sprintf(format, args...))
	}
	kept := map[string]int{}
	records, err := readStore(data)
	for _, r := range records {
		kept[r.ID]++
	}
	once := 0
	for _, id := range c.accepted {
		if kept[id] == 1 {
			once++
		}
	}
	fmt.Fprintln(out)
	say(err == nil && once == len(c.accepted), "%d records were accepted; %d of them are in the store, each once%s", len(c.accepted), once, failed(err))
	say(c.whole == c.atStop && c.atStop > 0, "%d slow requests were in flight when the stop came; %d of them were answered in full", c.atStop, c.whole)
	if runErr != nil {
		say(false, "Run returned: %v", runErr)
	} else {
		say(true, "Run returned nil %.1fs after the stop: exit code 0", returned.Sub(c.stopAt).Seconds())
	}
	fmt.Fprintln(out)
	return code
}
