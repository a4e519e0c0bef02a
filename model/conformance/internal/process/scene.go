package process

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// Soon is how long a real signal may take to have its effect.
const Soon = 5 * time.Second

// PlayScene starts a process that plays a scene, and returns the signal that
// ended it, nil if none did.
func (cfg Config) PlayScene(name string) (os.Signal, error) {
	cfg.Scene = name
	cfg.Limit = 2 * Soon
	cfg.Results = "" // those are this process's own
	cmd, output, stop, err := cfg.withLifeline()
	if err != nil {
		return nil, err
	}
	defer stop()
	defer HearSignals()()
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	if died := diedOf(cmd); died != nil {
		return died, nil
	}
	return nil, fmt.Errorf("%v: %s", cmd.ProcessState, output)
}

// Pipeline plays a scene: it reads until the service is up, hangs up, and has
// stop request a stop. It returns what the service wrote down, and how it ended.
func (cfg Config) Pipeline(scene string, stop func(service *os.Process, input *os.File)) (progress []string, died os.Signal, err error) {
	cfg.Scene, cfg.Limit, cfg.Lifeline = scene, 2*Soon, false
	cmd, _, cancel, err := cfg.command()
	if err != nil {
		return nil, nil, err
	}
	defer cancel()
	defer HearSignals()()
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
