package check

import (
	"fmt"
	"net"
	"time"
)

// awaitExit waits for the process to end, and kills it well after the budget.
func (w *watch) awaitExit() {
	if w.life.Stop == 0 {
		w.noteExit()
		return
	}
	patience := min(max(w.o.Budget/4, 500*time.Millisecond), 5*time.Second)
	for !w.p.over() && w.ctx.Err() == nil {
		left := w.life.Stop + w.o.Budget + patience + lateSum(w.late.so()) - w.now()
		if left <= 0 {
			break
		}
		w.p.seen.look(w.p.cmd.Process.Pid)
		w.pause(min(calmEvery, left))
	}
	if !w.p.over() {
		w.life.Killed = w.now()
		if w.ctx.Err() == nil {
			w.o.Progress("still there: SIGKILL")
		}
		_ = w.p.cmd.Process.Kill()
	}
	<-w.p.exited
	w.noteExit()
	w.lookAfter()
}

func (w *watch) noteExit() {
	<-w.p.exited
	w.life.Exit = w.p.endAt.Sub(w.start)
	w.life.Code, w.life.BySignal = w.p.ending()
}

// afterwards is how long what is left may take to follow the process.
const afterwards = time.Second

// lookAfter looks for what the process has left behind.
func (w *watch) lookAfter() {
	for end := w.now() + afterwards; ; {
		w.life.Held, w.life.Children = w.held(), nil
		for _, c := range w.p.children() {
			w.life.Children = append(w.life.Children, fmt.Sprintf("%d (%s)", c.pid, c.name))
		}
		if len(w.life.Held)+len(w.life.Children) == 0 || w.now() > end {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	// What was sent by the process may still be on its way to the readers.
	time.Sleep(30 * time.Millisecond)
}

// held are the service's addresses that take connections.
func (w *watch) held() (addrs []string) {
	seen := map[string]bool{}
	for _, u := range w.o.urls() {
		t := mustTarget(u)
		if seen[t.addr] {
			continue
		}
		seen[t.addr] = true
		if conn, err := net.DialTimeout(t.network, t.addr, probeTimeout); err == nil {
			conn.Close()
			addrs = append(addrs, t.addr)
		}
	}
	return addrs
}
