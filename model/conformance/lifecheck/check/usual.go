package check

import (
	"bytes"
	"slices"
	"time"
)

// Usual is how a URL answers while the service runs.
type Usual struct {
	URL    string
	Takes  time.Duration // the least
	Took   time.Duration // the most
	Status int
	Varies []int // statuses of other answers, if not all had the same
	Bytes  int64
	Stable bool // several answers had as many bytes and the same status
	Same   bool // and the same body
	Serial bool // answers had to wait for one another
	HTTP1  bool
	HTTP2  bool

	Events   bool              // a stream of events, which may end after any of them
	Body     []byte            // of the first answer
	Trailers map[bool][]string // that answers had over HTTP/2, and over HTTP/1
	Expects  bool              // of an upload: 100-continue is answered
	Early    bool              // of an upload: it is answered before it is whole
}

// A Survey is what is learned of the service in its first life.
type Survey struct {
	StartUp time.Duration
	Work    []Usual
	Upload  *Usual // nil: nothing reads the body of a POST
}

// slowest is how long answers of the slowest URL take at least.
func (s *Survey) slowest() (d time.Duration) {
	for _, u := range s.Work {
		d = max(d, u.Takes)
	}
	return d
}

// longest is how long an answer took at most.
func (s *Survey) longest() (d time.Duration) {
	for _, u := range s.Work {
		d = max(d, u.Takes, u.Took)
	}
	return d
}

// serial reports whether requests to some URL wait for one another.
func (s *Survey) serial() bool {
	return slices.ContainsFunc(s.Work, func(u Usual) bool { return u.Serial })
}

// shorterThan reports whether r lacks some of the body that usually comes. Where
// the framing says that the body is whole, a few bytes do not count: numbers and
// times have more digits at one moment than at another.
func (r Request) shorterThan(u Usual) bool {
	if !u.Stable || u.Events || r.Status != u.Status || r.Bytes >= u.Bytes {
		return false
	}
	return r.ToEOF || r.Bytes == 0 || r.beginningOf(u) || u.Bytes-r.Bytes >= fewBytes && r.Bytes < u.Bytes*9/10
}

const (
	fewBytes = 8
	// fewDigits is how much shorter a number may be at one moment than at another.
	fewDigits = 3
)

// beginningOf reports whether the body is what always comes, without its end.
func (r Request) beginningOf(u Usual) bool {
	return u.Bytes-r.Bytes > fewDigits && int64(len(u.Body)) == u.Bytes && bytes.HasPrefix(u.Body, r.Body)
}

// otherThan reports whether r was answered at once with a body that is longer than
// all that usually come, or not the one that always comes: an error that has no
// status of its own.
func (r Request) otherThan(u Usual) bool {
	soon := u.Takes >= 2*youngest && r.Ended-r.Sent < u.Takes*3/4
	longer := r.Bytes-u.Bytes >= fewBytes && r.Bytes > u.Bytes*11/10
	return soon && u.Stable && !u.Events && r.Status == u.Status && (longer || u.Same && !bytes.Equal(r.Body, u.Body) && !r.shorterThan(u))
}

// failedAtTheEnd reports whether a trailer says something else than it always does.
func (r Request) failedAtTheEnd(u Usual) bool {
	usual := u.Trailers[r.HTTP2]
	return r.Outcome == Answered && r.Status == u.Status && len(usual) == 1 && r.Trailer != usual[0]
}

// begin takes the first answer for what is usual.
func (u *Usual) begin(a answer) {
	u.Status, u.Bytes, u.Events, u.Body = a.status, a.bytes, a.events, a.body
}

// also takes account of more answers that came before any signal.
func (u *Usual) also(answers ...answer) {
	if u.Trailers == nil {
		u.Trailers = map[bool][]string{}
	}
	for _, a := range answers {
		u.Stable = u.Stable && a.outcome == Answered && a.status == u.Status && a.bytes == u.Bytes
		u.Same = u.Same && u.Stable && bytes.Equal(a.body, u.Body)
		if a.outcome == Answered && a.status != u.Status && !slices.Contains(u.Varies, a.status) {
			u.Varies = append(u.Varies, a.status)
		}
		if known := u.Trailers[a.http2]; a.outcome == Answered && a.status == u.Status && !slices.Contains(known, a.trailer) {
			u.Trailers[a.http2] = append(known, a.trailer)
		}
	}
}

// worse reports whether a status is an error or a redirect, and of a kind that no
// answer had before any signal.
func (u Usual) worse(status int) bool {
	worst := slices.Max(append([]int{u.Status}, u.Varies...))
	return status >= 500 && worst < 500 || status >= 400 && worst < 400 || status >= 300 && worst < 300
}

// usualOf is how requests like r are answered.
func (s Survey) usualOf(r Request) Usual {
	if r.Upload && s.Upload != nil {
		u := *s.Upload
		u.Varies = append(slices.Clone(u.Varies), s.usual(r.URL).Varies...)
		return u
	}
	u := s.usual(r.URL)
	u.Stable = u.Stable && !r.Upload
	return u
}

func (s Survey) usual(url string) Usual {
	for _, u := range s.Work {
		if u.URL == url {
			return u
		}
	}
	if s.Upload != nil && s.Upload.URL == url {
		return *s.Upload
	}
	return Usual{URL: url}
}
