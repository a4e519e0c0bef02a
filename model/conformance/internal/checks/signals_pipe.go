package checks

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/play"
	"github.com/greynewell/mist-go/model/conformance/internal/process"
	"github.com/greynewell/mist-go/model/conformance/internal/subject"
)

// The scenes of a service whose standard output and error are a pipeline.
const (
	scenePipeline = "pipeline"                                  // the reader dies, then a signal comes
	sceneSource   = "pipeline with a source of signals"         // the same with a source: Run leaves SIGPIPE alone
	sceneAfter    = "pipeline after a run"                      // something is written only when Run has returned
	sceneEarlier  = "pipeline that breaks long before the stop" // something is written while it runs
)

// pipePatience is how long the service goes on between two writes: longer than an
// implementation may put up with a broken pipe for a moment only.
const pipePatience = 300 * time.Millisecond

// playPipeline writes down how far it has come where its parent reads it, and
// writes into the pipeline at every turn from the stop on.
func playPipeline(impl *subject.Implementation, source chan os.Signal, scene string) {
	progress := os.NewFile(3, "progress")
	var stopping atomic.Bool // what is logged before may be written when the reader has died
	slog.SetDefault(slog.New(slog.NewTextHandler(writerFunc(func(line []byte) (int, error) {
		if !stopping.Load() {
			return len(line), nil
		}
		return os.Stderr.Write(line)
	}), nil)))
	say := func(what string) { _, _ = fmt.Fprintln(progress, what) }
	writeAll := func() {
		_, _ = fmt.Fprintln(os.Stdout, "to the standard output")
		_, _ = fmt.Fprintln(os.Stderr, "to the standard error")
	}
	write := writeAll
	if scene == sceneAfter { // and not before, which is for SIG-4 to say
		write = func() {}
		slog.SetDefault(slog.New(slog.DiscardHandler))
	}
	s := subject.Settings{}
	if source != nil {
		s.Signals = source
	}
	err := impl.RunWith(func(ctx context.Context) error {
		impl.OnShutdown(ctx, func() error { write(); say("hook"); return nil })
		say("up")
		if source != nil || scene == sceneEarlier {
			_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		}
		if source != nil {
			source <- process.Terminate
		}
		if scene == sceneEarlier {
			_, _ = fmt.Fprintln(os.Stdout, "to the standard output")
			time.Sleep(pipePatience)
			say("running")
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				_ = self.Signal(process.Terminate)
			}
		}
		play.Wait(ctx.Done(), process.Soon)
		stopping.Store(true)
		write()
		time.Sleep(pipePatience)
		write()
		return nil
	}, s)
	if err != nil {
		say(err.Error())
		os.Exit(4)
	}
	say("returned")
	if scene == sceneAfter {
		writeAll()
		say("alive")
	}
	os.Exit(0)
}

// Pipeline checks SIG-4. It has two services, at once, be stopped in a pipeline whose
// reader has died: one by each signal.
func Pipeline(c *Checker) {
	const want = "up hook returned"
	var services sync.WaitGroup
	for _, sig := range []os.Signal{process.Terminate, os.Interrupt} {
		services.Go(func() {
			progress, died, err := c.child.Pipeline(scenePipeline, func(service *os.Process, _ *os.File) { _ = service.Signal(sig) })
			c.expect(err == nil && died == nil && strings.Join(progress, " ") == want,
				"in a pipeline whose reader has died, %v comes: the service came to %q, and died of %v (%v); want %q", sig, progress, died, err, want)
		})
	}
	services.Wait()
}

// PipelineEarlier checks SIG-4. It has the reader die, and something be written, long
// before the stop. It may end the process: while it runs, nothing is said of a broken
// pipe.
func PipelineEarlier(c *Checker) {
	const want = "up running hook returned"
	progress, died, err := c.child.Pipeline(sceneEarlier, func(_ *os.Process, input *os.File) { _, _ = fmt.Fprintln(input, "write") })
	if died == process.BrokenPipe && strings.Join(progress, " ") == "up" {
		return
	}
	c.expect(err == nil && died == nil && strings.Join(progress, " ") == want,
		"in a pipeline whose reader has died long before the stop, the service came to %q, and died of %v (%v); want %q", progress, died, err, want)
}

// PipelineAfter checks SIG-3: after Run a broken pipe ends the process, as it always
// did.
func PipelineAfter(c *Checker) {
	const want = "up hook returned"
	progress, died, err := c.child.Pipeline(sceneAfter, func(service *os.Process, _ *os.File) { _ = service.Signal(process.Terminate) })
	c.expect(err == nil && died == process.BrokenPipe && strings.Join(progress, " ") == want,
		"after Run returned, the process writes into a pipeline whose reader has died: the process came to %q, and died of %v (%v); want %q, and %v", progress, died, err, want, process.BrokenPipe)
}

// PipelineOfSource checks SIG-4. It expects that a run that is to leave signals alone
// leaves SIGPIPE alone too, by which a process dies as it always did.
func PipelineOfSource(c *Checker) {
	progress, died, err := c.child.Pipeline(sceneSource, func(_ *os.Process, input *os.File) { _, _ = fmt.Fprintln(input, "stop") })
	c.expect(err == nil && died == process.BrokenPipe, "with a source of signals, in a pipeline whose reader has died, the service came to %q, and died of %v (%v); want %v: the run touches no signal of the process",
		progress, died, err, process.BrokenPipe)
}

// writerFunc is a function that is an io.Writer.
type writerFunc func([]byte) (int, error)

// Write calls it.
func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
