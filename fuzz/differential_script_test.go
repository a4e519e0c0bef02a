package fuzz

import (
	"math/rand/v2"
	"slices"
	"time"
)

// The protocols, as the tables name them.
const (
	http11 = "HTTP/1.1"
	tls11  = "TLS"
	http2  = "HTTP/2"
	h2c    = "h2c"
)

var protocols = []string{http11, tls11, http2, h2c}

// script is what one connection does. All times are relative to the stop.
type script struct {
	protocol, kind string
	dial           time.Duration
	steps          []time.Duration // in order, none before dial
	size           int
}

// kinds says which steps a kind of connection takes, by when the first of them
// is taken. Each is at most 250 ms after the connection was made: Serve waits for
// a connection that has sent no request until that is 500 ms old (HTTP-6).
var kinds = map[string]struct {
	steps     int
	raw       bool // HTTP/1 only
	encrypted bool // TLS only
}{
	"new":            {steps: 1},
	"kept":           {steps: 5},
	"posts in a row": {steps: 1, raw: true},
	"slow to send":   {steps: 3, raw: true},
	"pipelined":      {steps: 2, raw: true},
	"half-closed":    {steps: 2, raw: true},
	"hijacked":       {steps: 4, raw: true},
	"upload":         {steps: 4},
	"expect":         {steps: 3},
	"trailers":       {steps: 2},
	"slow to read":   {steps: 1},
	"streaming":      {steps: 1},
	"slow handler":   {steps: 1},
	"slow handshake": {steps: 2, encrypted: true},
	"slow preface":   {steps: 2},
	"at once":        {steps: 1},
	"silent":         {steps: 1},
}

func newScripts(random *rand.Rand, n int) []script {
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	slices.Sort(names)
	scripts := make([]script, 0, n)
	for len(scripts) < n {
		protocol, kind := protocols[random.IntN(len(protocols))], names[random.IntN(len(names))]
		if random.IntN(4) == 0 {
			kind = "posts in a row" // few are at the instant when they may be lost
		}
		k := kinds[kind]
		overHTTP1 := protocol == http11 || protocol == tls11
		if k.raw && !overHTTP1 || k.encrypted && protocol != tls11 && protocol != http2 ||
			(kind == "slow preface" || kind == "at once") && overHTTP1 {
			continue
		}
		s := script{protocol: protocol, kind: kind, dial: min(around(random), around(random), 300*time.Microsecond), size: 1 + random.IntN(700_000)}
		for range k.steps {
			s.steps = append(s.steps, min(max(around(random), s.dial), s.dial+250*time.Millisecond))
		}
		slices.Sort(s.steps)
		scripts = append(scripts, s)
	}
	return scripts
}

// around is an instant around the stop: at it, near it, or in its neighbourhood.
func around(random *rand.Rand) time.Duration {
	between := func(from, to time.Duration) time.Duration { return from + time.Duration(random.Int64N(int64(to-from))) }
	switch random.IntN(4) {
	case 0:
		return between(-500*time.Microsecond, 500*time.Microsecond)
	case 1:
		return between(-20*time.Millisecond, 20*time.Millisecond)
	case 2:
		return between(-200*time.Millisecond, 0)
	default:
		return between(-200*time.Millisecond, 300*time.Millisecond)
	}
}
