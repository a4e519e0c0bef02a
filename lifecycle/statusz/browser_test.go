package statusz_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/lifecycle"
	"github.com/greynewell/mist-go/lifecycle/statusz"
)

const (
	desktop = 1280
	phone   = 360
)

func TestBrowserEveryStateFitsAndIsReadable(t *testing.T) {
	t.Parallel()
	c := browse(t)
	s := start(t)
	server := httptest.NewServer(statusz.Handler(s.ctx, statusz.WithHealth(s.health)))
	defer server.Close()
	for _, state := range fsm.States() {
		if *screenshots != "" { // so that there are ages and budgets to see
			time.Sleep(2300 * time.Millisecond)
		}
		for _, width := range []int{desktop, phone} {
			for _, scheme := range []string{"light", "dark"} {
				name := fmt.Sprintf("%v at %d pixels in the %s", state, width, scheme)
				c.look(width, scheme)
				c.visit(server.URL + "/statusz")
				if got := c.eval(`document.getElementById("state").innerText`); got != state.String() {
					t.Errorf("%s: the page says %v", name, got)
				}
				c.expectNoOverflow(name)
				c.expectContrast(name)
				c.expectNoOverlap(name)
				picture := c.shoot()
				expectPicture(t, name, picture, width, scheme)
				c.keep(picture, state, width, scheme)
			}
		}
		if state != fsm.Stopped {
			s.advance(t)
		}
	}
	c.expectNoConsoleMessage()
	c.expectNoRequestBut(server.URL + "/statusz")
}

func TestBrowserLongAndHostileTextFits(t *testing.T) {
	t.Parallel()
	c := browse(t)
	long := strings.Repeat("averylongname", 20)
	const script = `<script>document.title = "hacked"</script>`
	now := time.Now()
	h := health.New("tool", "1", health.WithLogger(slog.New(slog.DiscardHandler)))
	for _, name := range []string{long, script} {
		h.AddCheckContext(name, func(context.Context) error { return errors.New(long + script) }, health.Optional())
	}
	h.Check(t.Context())
	server := httptest.NewServer(statusz.Handler(carrying(&fixedSource{snapshot: lifecycle.Snapshot{
		State: fsm.Hooks, At: now, Began: now.Add(-400 * 24 * time.Hour), Entered: now.Add(-59 * time.Minute),
		Budget: 99 * time.Hour, Deadline: now.Add(98*time.Hour + 59*time.Minute), Left: 98*time.Hour + 59*time.Minute,
		History: []fsm.Step{
			{Transition: fsm.Transition{From: fsm.Starting, On: fsm.StopRequested, To: fsm.Draining}, At: now.Add(-25 * time.Hour)},
			{Transition: fsm.Transition{From: fsm.Draining, On: fsm.DrainTimedOut, To: fsm.Hooks}, At: now.Add(-59 * time.Minute)},
		},
		Cause: errors.New(long + script), Tracked: 1e9, Requests: 1e9,
		Groups: []lifecycle.GroupStatus{{Place: "/" + long + "/" + long + ".go:7", Made: now.Add(-59*time.Minute - 59*time.Second), Busy: true}},
		Hooks: []lifecycle.HookStatus{
			{Name: long, Place: long, Began: now.Add(-23*time.Hour - 59*time.Minute), Ended: now, Err: lifecycle.ErrShutdownTimeout},
			{Name: script, Place: script, Began: now, Ended: now, Err: errors.New(script)},
		},
	}}), statusz.WithHealth(h)))
	defer server.Close()
	for _, width := range []int{desktop, 900, 700, phone} {
		c.look(width, "light")
		c.visit(server.URL + "/")
		name := fmt.Sprintf("%d pixels", width)
		c.expectNoOverflow(name)
		c.expectContrast(name)
		c.expectNoOverlap(name)
	}
	if got := c.eval("document.title"); got != "hooks · service lifecycle" {
		t.Errorf("the title is %v", got)
	}
	c.expectNoConsoleMessage()
}

func TestBrowserPageRefreshesItself(t *testing.T) {
	t.Parallel()
	c := browse(t)
	s := start(t)
	server := httptest.NewServer(statusz.Handler(s.ctx))
	defer server.Close()
	c.look(phone, "light")
	c.visit(server.URL + "/")
	c.eval(`scrollTo(0, 500)`)
	for range 3 {
		s.advance(t)
		state := s.source.State().String()
		c.wait(fmt.Sprintf(`document.getElementById("state").innerText === %q`, state))
		if got := c.eval(`[scrollY, document.title, document.querySelector(".current .name").textContent, document.getElementById("state").className].join()`); got != "500,"+state+" · service lifecycle,"+state+",pill state-"+state {
			t.Errorf("in state %s: %v", state, got)
		}
	}
	if got := c.eval(`getComputedStyle(document.querySelector(".current .box")).fill`); got != "rgb(126, 34, 206)" {
		t.Errorf("the new diagram is not styled: the current state is %v", got)
	}
	c.expectNoConsoleMessage()
	if c.eval(`document.getElementById("lost").checkVisibility()`) != false {
		t.Error("the page says that the service does not answer")
	}
	server.Close()
	c.wait(`document.getElementById("lost").checkVisibility()`)
	if got := c.eval(`document.getElementById("state").innerText`); got != "hooks" {
		t.Errorf("without a service the page says %v", got)
	}
}

func TestBrowserPageRefreshesItselfWithoutScript(t *testing.T) {
	t.Parallel()
	c := browse(t)
	s := start(t)
	var looks atomic.Int32
	show := statusz.Handler(s.ctx)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		looks.Add(1)
		show.ServeHTTP(w, req)
	}))
	defer server.Close()
	c.call("Emulation.setScriptExecutionDisabled", args{"value": true}, nil)
	c.call("Page.navigate", args{"url": server.URL}, nil)
	for end := time.Now().Add(time.Minute); looks.Load() < 3; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d looks in a minute", looks.Load())
		}
	}
	c.expectNoConsoleMessage()
}
