package health_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/greynewell/mist-go/health"
)

// script is a check whose every run is known before: the k-th run takes the k-th
// of the durations and ends as the k-th of the texts says, "" for a pass, each
// over and over.
type script struct {
	name      string
	timeout   time.Duration
	takes     []time.Duration
	texts     []string
	failAfter int
	optional  bool

	mu   sync.Mutex
	runs []*scripted
}

// scripted is one run of a script, and what has to come of it.
type scripted struct {
	began, ended, decided time.Duration
	text                  string // "" for a pass
}

// next begins a run. As there are never more checks than may run at once, it
// begins when it is asked for.
func (s *script) next(now time.Duration) (r *scripted, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := len(s.runs)
	text = s.texts[k%len(s.texts)]
	r = &scripted{began: now, ended: now + s.takes[k%len(s.takes)], text: text}
	r.decided = r.ended
	if r.ended-r.began >= s.timeout {
		r.decided, r.text = now+s.timeout, fmt.Sprintf("timed out after %v", s.timeout)
	}
	s.runs = append(s.runs, r)
	return r, text
}

// decisions are the failing runs that one counts as: one, or one for each timeout
// that it takes.
func (s *script) decisions(r *scripted) int {
	if r.text == "" {
		return 0
	}
	return max(1, int((r.ended-r.began)/s.timeout))
}

// fails is whether r makes the check fail, for a probe that came then.
func (s *script) fails(r *scripted, came time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	streak := 0
	for _, before := range s.runs {
		if before == r {
			break
		}
		if streak += s.decisions(before); before.text == "" {
			streak = 0
		}
	}
	return r.text != "" && streak+max(1, int((came-r.began)/s.timeout)) >= s.failAfter
}

// of is the run whose result a probe gets that came then: the one under way, or
// the one that the probe began.
func (s *script) of(came time.Duration) *scripted {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.runs {
		if r.began <= came && came < r.ended {
			return r
		}
	}
	return nil
}

// line is what has to be logged, or observed where at is not negative: it says
// when it was found.
type line struct {
	logged, at time.Duration
	text       string
}

// lines are what has to be logged of the check when every run is over.
func (s *script) lines() (lines []line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	failing, warned, logged, changed, changedAt, streak := false, false, "", false, time.Duration(0), 0
	owed := line{logged: -1}
	for _, r := range s.runs {
		for i := range max(1, s.decisions(r)) {
			at := r.decided + time.Duration(i)*s.timeout
			if owed.logged >= 0 && owed.logged <= at {
				lines = append(lines, owed)
				changedAt, logged, owed.logged = owed.logged, owed.text, -1
			}
			if streak++; r.text == "" {
				streak = 0
			}
			fails, late := streak >= s.failAfter, r.ended-r.began >= s.timeout
			if fails && i > 0 && failing { // counted far enough
				break
			}
			owed.logged = -1
			switch {
			case fails && !failing:
				failing, changed, logged = true, false, r.text
				lines = append(lines, line{at, at, r.text})
			case fails && r.text != logged && (!changed || late || at-changedAt >= time.Minute):
				changed, changedAt, logged = true, at, r.text
				lines = append(lines, line{at, at, r.text})
			case fails && r.text != logged:
				owed = line{changedAt + time.Minute + 100*time.Millisecond, at, r.text}
			case r.text == "" && failing:
				failing = false
				lines = append(lines, line{at, at, ""})
			case r.text != "" && !fails && late && !warned:
				warned = true
				lines = append(lines, line{at, -1, r.text})
			}
			if r.text == "" {
				warned = false
			}
		}
	}
	if owed.logged >= 0 {
		lines = append(lines, owed)
	}
	return lines
}

// seenProbe is a probe and its answer.
type seenProbe struct {
	came, left, patience time.Duration
	response             health.Response
	ready                bool
}

// HEALTH-9, HEALTH-10, HEALTH-15, HEALTH-16, HEALTH-18: whatever the checks do,
// and whenever probers come and hang up, no two of them disagree about a run;
// each answer comes when it has to; and each change is one line, and one call of
// the observer, though every prober hung up: a run over its timeout is one at
// its deadline, and none passes again by a run that was late.
func TestRandomProbersAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rapid.SyncTest(rt, func(rt *rapid.T) { probersAgree(rt) })
	})
}

func probersAgree(rt *rapid.T) {
	// Up to a millisecond of noise, so that no two instants are the same by
	// accident. It is not drawn: rapid prefers small numbers, which add up alike.
	noise := rand.New(rand.NewPCG(1, 2))
	duration := func(what string, ms ...int) time.Duration {
		return time.Duration(rapid.SampledFrom(ms).Draw(rt, what))*time.Millisecond + time.Duration(noise.Int64N(999_999)) + 1
	}
	scripts := make([]*script, rapid.SampledFrom([]int{1, 2, 5, 40}).Draw(rt, "checks"))
	var mu sync.Mutex
	var logged, observed []string
	epoch := time.Now()
	note := func(to *[]string, line string) {
		mu.Lock()
		defer mu.Unlock()
		*to = append(*to, line)
	}
	h := health.New("tool", "1", health.WithLogger(slog.New(slowHandler{slog.NewTextHandler(nil, nil), func(r slog.Record) {
		line := "passes"
		name := ""
		r.Attrs(func(a slog.Attr) bool {
			switch a.Key {
			case "check":
				name = a.Value.String()
			case "error":
				line = "fails: " + a.Value.String()
			}
			return true
		})
		note(&logged, fmt.Sprint(name, " ", time.Since(epoch), " ", line))
	}})), health.WithObserver(func(c health.Change) {
		line := "passes"
		if c.Err != nil {
			line = "fails: " + c.Err.Error()
		}
		note(&observed, fmt.Sprint(c.Check, " ", c.At.Sub(epoch), " ", line))
	}))
	for i := range scripts {
		s := &script{
			name:      fmt.Sprintf("%02d", i),
			timeout:   duration("timeout", 100, 300, 3000),
			failAfter: rapid.SampledFrom([]int{1, 1, 2, 3}).Draw(rt, "fail after"),
			optional:  rapid.IntRange(0, 4).Draw(rt, "optional") == 0,
			texts:     rapid.SliceOfN(rapid.SampledFrom([]string{"", "", "down", "bad password"}), 1, 4).Draw(rt, "texts"),
		}
		for range rapid.IntRange(1, 4).Draw(rt, "durations") {
			s.takes = append(s.takes, duration("takes", 0, 0, 20, 150, 400, 4000, 100_000))
		}
		scripts[i] = s
		opts := []health.CheckOption{health.Timeout(s.timeout), health.FailAfter(s.failAfter)}
		if s.optional {
			opts = append(opts, health.Optional())
		}
		h.AddCheckContext(s.name, func(context.Context) error {
			r, text := s.next(time.Since(epoch))
			time.Sleep(r.ended - r.began)
			if text != "" {
				return errors.New(text)
			}
			return nil
		}, opts...)
	}

	var probers sync.WaitGroup
	var probes []*seenProbe
	for range rapid.IntRange(1, 6).Draw(rt, "probers") {
		first, period := duration("first", 0, 10, 700, 2000), duration("period", 50, 200, 1000, 5000)
		patience := duration("patience", 30, 250, 1000, 60_000)
		n := rapid.IntRange(1, 30).Draw(rt, "probes")
		probers.Go(func() {
			time.Sleep(first)
			for range n {
				p := &seenProbe{came: time.Since(epoch), patience: patience}
				ctx, hangUp := context.WithTimeout(context.Background(), patience)
				p.response, p.ready = h.Check(ctx)
				p.left = time.Since(epoch)
				hangUp()
				mu.Lock()
				probes = append(probes, p)
				mu.Unlock()
				time.Sleep(max(1, p.came+period-p.left))
			}
		})
	}
	probers.Wait()
	time.Sleep(200 * time.Second) // for runs that nobody waits for any more

	mu.Lock()
	defer mu.Unlock()
	for _, p := range probes {
		if wrong := p.judge(scripts); wrong != "" {
			rt.Errorf("the probe that came at %v: %s", p.came, wrong)
		}
	}
	wanted := map[string][]string{}
	for _, s := range scripts {
		for _, l := range s.lines() {
			text := "passes"
			if l.text != "" {
				text = "fails: " + l.text
			}
			wanted["logged"] = append(wanted["logged"], fmt.Sprint(s.name, " ", l.logged, " ", text))
			if l.at >= 0 {
				wanted["observed"] = append(wanted["observed"], fmt.Sprint(s.name, " ", l.at, " ", text))
			}
		}
	}
	for what, got := range map[string][]string{"logged": logged, "observed": observed} {
		ofEach := slices.Clone(got)
		slices.SortStableFunc(ofEach, func(a, b string) int { return slices.Compare([]byte(a[:2]), []byte(b[:2])) })
		if !slices.Equal(ofEach, wanted[what]) {
			rt.Errorf("%s\n got %q\nwant %q", what, ofEach, wanted[what])
		}
	}
}

// judge says what is wrong with the answer, if anything.
func (p *seenProbe) judge(scripts []*script) string {
	hungUp, required := p.came+p.patience, p.came
	for _, s := range scripts {
		r := s.of(p.came)
		if r == nil {
			return "check " + s.name + " was not run for it"
		}
		if !s.optional {
			required = max(required, r.decided)
		}
	}
	answered := required
	for _, s := range scripts {
		if s.optional {
			answered = max(answered, min(s.of(p.came).decided, required+100*time.Millisecond))
		}
	}
	if answered = min(answered, hungUp); p.left != answered {
		return fmt.Sprintf("was answered at %v, want %v", p.left, answered)
	}
	ready := true
	for _, s := range scripts {
		r := s.of(p.came)
		text, fails := r.text, s.fails(r, p.came)
		switch {
		case r.decided <= answered:
		case answered == hungUp:
			text, fails = "not waited for: context deadline exceeded", true
		default:
			text, fails = "still running", false
		}
		if text == "" {
			text = "ok"
		}
		if got := p.response.Checks[s.name]; got != text {
			return fmt.Sprintf("check %s: got %q, want %q of the run from %v to %v", s.name, got, text, r.began, r.ended)
		}
		ready = ready && (!fails || s.optional)
	}
	if ready != p.ready {
		return fmt.Sprintf("ready is %v in %v", p.ready, p.response)
	}
	return ""
}
