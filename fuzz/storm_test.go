package fuzz

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/lifecycle"
)

// processVariable is set in the environment of this test binary when it is a
// process under test, to what it is to do.
const processVariable = "MIST_FUZZ_PROCESS"

var processes = map[string]func() int{"storm": storm, "returns": returns}

// storm is the process under a storm of signals: it stops well if its work is
// done and both its hooks have run, in order, each once.
func storm() int {
	var ran []string
	err := lifecycle.Run(func(ctx context.Context) error {
		for _, name := range []string{"second", "first"} {
			lifecycle.OnShutdown(ctx, func() error { ran = append(ran, name); return nil })
		}
		lifecycle.DrainGroup(ctx).Go(func() {
			<-ctx.Done()
			time.Sleep(100 * time.Millisecond) // stands for work that takes a while, for more signals to come
			ran = append(ran, "work")
		})
		fmt.Println("running")
		<-ctx.Done()
		return ctx.Err()
	})
	fmt.Println(ran, err)
	if err != nil {
		return 1
	}
	return 0
}

// returns is a process that is stopped, and signalled again as Run returns.
func returns() int {
	err := lifecycle.Run(func(ctx context.Context) error {
		lifecycle.OnShutdown(ctx, func() error { fmt.Println("hook"); return nil })
		fmt.Println("running")
		<-ctx.Done()
		return nil
	}, lifecycle.WithLogger(slog.New(slog.NewTextHandler(os.Stdout, nil))),
		lifecycle.WithObserver(func(s fsm.Step) {
			if s.To == fsm.Stopped {
				time.Sleep(5 * time.Millisecond) // Run waits for it, which is a moment for signals to come
			}
		}))
	if err != nil {
		return 1
	}
	return 0
}
