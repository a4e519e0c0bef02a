package check

import (
	"slices"
	"testing"
	"time"
)

func TestAnExitIsReportedWithWhatWasPrinted(t *testing.T) {
	for _, c := range []struct{ output, want string }{
		{"", ""},
		{"one\ntwo\n\n", `; it printed last: "two"`},
		{"one\npanic: no\n\ngoroutine 1 [running]:\n", `; it printed last: "panic: no"`},
	} {
		if got := lastLine(c.output); got != c.want {
			t.Errorf("of %q it is %q, want %q", c.output, got, c.want)
		}
	}
}

func lost(kind Kind) Life {
	l := well(kind)
	l.Requests[0].Outcome, l.Requests[0].Ended = Closed, 1200*ms
	return *l
}

func slowly(kind Kind) Life {
	l := well(kind)
	l.Conns[0].Ended = l.Exit
	return *l
}

func TestADoubtfulFindingIsReportedWhenItIsSeenAgain(t *testing.T) {
	found, doubt := Judge(options(), survey, []Life{*well(UnderLoad), slowly(UnderLoad)})
	if len(found) != 0 || !slices.Equal(doubt[UnderLoad], []string{"keep-alive-not-ended"}) {
		t.Errorf("once: found %v, in doubt %v", found, doubt)
	}
	found, doubt = Judge(options(), survey, []Life{slowly(UnderLoad), slowly(UnderLoad)})
	if len(found) != 1 || found[0].Name != "keep-alive-not-ended" || len(doubt) != 0 {
		t.Errorf("twice: found %v, in doubt %v", found, doubt)
	}
}

// A process that exits is seen to end later than its listener and its connections.
func TestWhatEndsWithTheProcessIsAnEarlyExit(t *testing.T) {
	exits := func(at time.Duration) Life {
		l := lost(UnderLoad)
		l.Exit = at
		l.Requests, l.Conns = l.Requests[:1], nil
		l.Probes = slices.DeleteFunc(l.Probes, func(p Probe) bool { return p.Begun > 1200*ms })
		l.probe(Probe{Role: ReadyProbe, Outcome: Refused}, 1210*ms)
		return l
	}
	found, _ := Judge(options(), survey, []Life{exits(1205 * ms), exits(1205 * ms), exits(1500 * ms)})
	if len(found) != 1 || found[0].Name != "early-exit" {
		t.Errorf("found %+v, want early-exit", found)
	}
	// It takes a busy system long to close the listener too.
	busy := exits(1700 * ms)
	busy.Probes = slices.DeleteFunc(busy.Probes, func(p Probe) bool { return p.Outcome == Refused })
	busy.probe(Probe{Role: ReadyProbe, Outcome: Refused}, 1340*ms)
	found, _ = Judge(options(), survey, []Life{busy, busy})
	if len(found) != 1 || found[0].Name != "early-exit" {
		t.Errorf("on a busy system: found %+v, want early-exit", found)
	}
}

func TestAFindingThatRestsOnTimeIsInDoubtUntilItIsSeenAgain(t *testing.T) {
	hung, failed := well(Interrupt), well(Interrupt)
	n := 0
	hung.each(LiveProbe, func(p *Probe) {
		if n++; n <= 3 {
			p.Outcome, p.Status = TimedOut, 0
		}
	})
	failed.each(LiveProbe, func(p *Probe) {
		if p.Outcome == Answered {
			p.Status = 503
		}
	})
	for _, c := range []struct {
		name      string
		lives     []Life
		found     int
		doubtless bool
	}{
		{"liveness hangs in one life", []Life{*well(UnderLoad), *hung}, 0, false},
		{"it does in two", []Life{*hung, *hung}, 1, true},
		{"it fails in one", []Life{*well(UnderLoad), *failed}, 1, true},
	} {
		found, doubt := Judge(options(), survey, c.lives)
		if len(found) != c.found || (len(doubt[Interrupt]) == 0) != c.doubtless {
			t.Errorf("%s: found %+v, in doubt %v", c.name, found, doubt)
		}
	}
}

func TestWhatOnlyASecondSignalDoesIsItsHarm(t *testing.T) {
	for _, c := range []struct {
		name  string
		first Life
		want  string
	}{
		{"a single one does no harm", *well(UnderLoad), "second-signal-harms"},
		{"a single one does the same", lost(UnderLoad), "in-flight-dropped"},
	} {
		found, _ := Judge(options(), survey, []Life{c.first, lost(Again), lost(Again)})
		if len(found) != 1 || found[0].Name != c.want {
			t.Errorf("%s: found %+v, want %s", c.name, found, c.want)
		}
	}
}

func TestALifeWithNothingInFlightIsInconclusive(t *testing.T) {
	idle := well(UnderLoad)
	idle.Requests = nil
	twice, once := options(), options()
	twice.Runs, once.Runs = 2, 1
	if why := inconclusive(once, []Life{*idle, *well(UnderLoad)}); len(why) != 0 {
		t.Errorf("where it was lived again the reasons are %q", why)
	}
	if why := inconclusive(twice, []Life{*well(UnderLoad), *idle}); len(why) != 1 {
		t.Errorf("the reasons are %q", why)
	}
	if why := inconclusive(options(), []Life{*well(UnderLoad)}); len(why) != 0 {
		t.Errorf("the reasons are %q", why)
	}
	interrupted := well(Interrupt)
	interrupted.Requests = nil
	if why := inconclusive(options(), []Life{*well(UnderLoad), *interrupted}); len(why) != 1 {
		t.Errorf("with nothing in flight at SIGINT the reasons are %q", why)
	}
	o := options()
	o.Work = nil
	if why := inconclusive(o, []Life{*idle}); len(why) != 0 {
		t.Errorf("without work the reasons are %q", why)
	}
	late := well(UnderLoad)
	late.Late = 2 * hopeless
	if why := inconclusive(o, []Life{*late}); len(why) != 1 {
		t.Errorf("on a busy machine the reasons are %q", why)
	}
}

func TestTheStatusOfHTTP2IsReadInEachOfItsForms(t *testing.T) {
	for _, c := range []struct {
		block string
		want  int
	}{
		{"\x88", 200}, {"\x3f\xe1\x1f\x8d", 404}, {"\x20\x8e", 500}, {"\x48\x03302", 302}, {"\x4e\x03503", 503}, {"\x4e\x83\x6c\x0c\xff", 503},
		{"\x48\x82\x64\x02", 302}, {"\x48\x83\x68\x2f\x7f", 418}, {"", 1}, {"\x40", 1}, {"\x48\x82\x64", 1},
	} {
		if got := statusIn(0, []byte(c.block)); got != c.want {
			t.Errorf("%q is %d, want %d", c.block, got, c.want)
		}
	}
}
