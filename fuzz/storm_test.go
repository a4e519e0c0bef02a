package fuzz

import (
	"context"
	"fmt"
	"time"

	"github.com/greynewell/mist-go/lifecycle"
)

const stormVariable = "MIST_STORM"

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
