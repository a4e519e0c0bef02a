package conformance

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
)

// The scenes of a service whose standard output and error are a pipeline: the
// reader dies first, then the stop comes. In the second, signals come from a
// source, so that the run leaves those of the process alone.
const (
	scenePipeline = "pipeline"
	sceneSource   = "pipeline with a source of signals"
)

// playPipeline writes down how far it has come where its parent reads it, and
// writes into the pipeline at every turn from the stop on.
func playPipeline(impl Implementation, source chan os.Signal) {
	progress := os.NewFile(3, "progress")
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	say := func(what string) { _, _ = fmt.Fprintln(progress, what) }
	write := func() {
		_, _ = fmt.Fprintln(os.Stdout, "to the standard output")
		_, _ = fmt.Fprintln(os.Stderr, "to the standard error")
	}
	s := Settings{}
	if source != nil {
		s.Signals = source
	}
	err := impl.RunWith(func(ctx context.Context) error {
		impl.OnShutdown(ctx, func() error { write(); say("hook"); return nil })
		say("up")
		if source != nil {
			_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
			source <- terminate
		}
		wait(ctx.Done(), soon)
		write()
		return nil
	}, s)
	if err != nil {
		say(err.Error())
		os.Exit(4)
	}
	say("returned")
	os.Exit(0)
}

// pipeline plays a scene: it reads until the service is up, hangs up, and has
// stop request a stop. It returns what the service wrote down, and how it ended.
func (cfg childConfig) pipeline(scene string, stop func(service *os.Process, input *os.File)) (progress []string, died os.Signal, err error) {
	cfg.Scene, cfg.Limit = scene, 2*soon
	cmd, _, cancel, err := cfg.command()
	if err != nil {
		return nil, nil, err
	}
	defer cancel()
	defer hearInterrupts()()
	var files [6]*os.File
	for i := 0; i < len(files); i += 2 {
		if files[i], files[i+1], err = os.Pipe(); err != nil {
			return nil, nil, err
		}
		defer files[i].Close()
		defer files[i+1].Close()
	}
	output, theirOutput, said, theirs, theirInput, input := files[0], files[1], files[2], files[3], files[4], files[5]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirInput, theirOutput, theirOutput
	cmd.ExtraFiles = []*os.File{theirs}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	_ = theirOutput.Close()
	_ = theirs.Close()
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		progress = append(progress, lines.Text())
		if lines.Text() == "up" {
			_ = output.Close() // the reader dies
			stop(cmd.Process, input)
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return progress, nil, err
	}
	return progress, diedOf(cmd), nil
}

// checkPipeline has two services, at once, be stopped in a pipeline whose reader
// has died: one by each signal.
func checkPipeline(c *checker) {
	const want = "up hook returned"
	var services sync.WaitGroup
	for _, sig := range []os.Signal{terminate, os.Interrupt} {
		services.Go(func() {
			progress, died, err := c.child.pipeline(scenePipeline, func(service *os.Process, _ *os.File) { _ = service.Signal(sig) })
			c.expect(err == nil && died == nil && strings.Join(progress, " ") == want,
				"in a pipeline whose reader has died, %v comes: the service came to %q, and died of %v (%v); want %q", sig, progress, died, err, want)
		})
	}
	services.Wait()
}

// checkPipelineOfSource expects that a run that is to leave signals alone leaves
// SIGPIPE alone too, by which a process dies as it always did.
func checkPipelineOfSource(c *checker) {
	progress, died, err := c.child.pipeline(sceneSource, func(_ *os.Process, input *os.File) { _, _ = fmt.Fprintln(input, "stop") })
	c.expect(err == nil && died == brokenPipe, "with a source of signals, in a pipeline whose reader has died, the service came to %q, and died of %v (%v); want %v: it touches no signal of the process",
		progress, died, err, brokenPipe)
}
