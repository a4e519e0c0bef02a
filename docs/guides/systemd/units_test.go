package main

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-systemd/v22/unit"
)

// known are the directives that the units use, as systemd.unit(5),
// systemd.service(5) and systemd.exec(5) spell them. systemd ignores one that it
// does not know, with a warning.
var known = []string{
	"Unit.Description", "Unit.After", "Unit.Wants",
	"Service.Type", "Service.ExecStart", "Service.TimeoutStartSec", "Service.TimeoutStopSec", "Service.WatchdogSec",
	"Service.Restart", "Service.DynamicUser",
	"Install.WantedBy",
}

func TestTheUnitsHaveNothingThatSystemdDoesNotKnow(t *testing.T) {
	for _, file := range []string{"orders.service", "plain.service"} {
		for name := range parse(t, file) {
			if !slices.Contains(known, name) {
				t.Errorf("%s has %s", file, name)
			}
		}
		if !strings.Contains(read(t, "../systemd.md"), "```ini\n"+read(t, file)+"```\n") {
			t.Errorf("systemd.md does not quote %s", file)
		}
	}
}

// Without messages there is nothing but TimeoutStopSec: SIGKILL comes when it
// is over. With them, each phase asks for its own time.
func TestTheStopFitsIntoTheUnitThatGetsNoMessages(t *testing.T) {
	plain := parse(t, "plain.service")
	if limit := seconds(t, plain["Service.TimeoutStopSec"]); limit <= drainTimeout+shutdownTimeout {
		t.Errorf("TimeoutStopSec is %v, a stop may take %v", limit, drainTimeout+shutdownTimeout)
	}
	if kind := plain["Service.Type"]; kind != "exec" {
		t.Errorf("the unit without messages is of type %s", kind)
	}
	notify := parse(t, "orders.service")
	if kind := notify["Service.Type"]; kind != "notify" {
		t.Errorf("the unit with messages is of type %s", kind)
	}
	if limit := seconds(t, notify["Service.TimeoutStopSec"]); limit >= drainTimeout+shutdownTimeout {
		t.Errorf("TimeoutStopSec is %v, so the guide does not show that it may be less than a stop", limit)
	}
}

func seconds(t *testing.T, text string) time.Duration {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(n) * time.Second
}

// parse has each directive of a unit under section.name.
func parse(t *testing.T, file string) map[string]string {
	t.Helper()
	options, err := unit.DeserializeOptions(strings.NewReader(read(t, file)))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	all := map[string]string{}
	for _, o := range options {
		all[o.Section+"."+o.Name] = o.Value
	}
	return all
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
