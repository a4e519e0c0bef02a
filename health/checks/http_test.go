package checks_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/greynewell/mist-go/health/checks"
	"github.com/greynewell/mist-go/internal/loopback"
)

// site is a server with answers of every kind.
type site struct {
	*httptest.Server
	came, gone chan struct{} // a value for each connection
}

func newSite(t *testing.T) *site {
	s := &site{
		Server: httptest.NewUnstartedServer(routes()),
		came:   make(chan struct{}, 1000),
		gone:   make(chan struct{}, 1000),
	}
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.came <- struct{}{}
		case http.StateClosed:
			s.gone <- struct{}{}
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func routes() *http.ServeMux {
	mux := http.NewServeMux()
	for path, code := range map[string]int{"/no-content": 204, "/unchanged": 304, "/lost": 404, "/broken": 500, "/odd": 599} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
	mux.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.Header.Get("User-Agent") != "mist-go-health" {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<10)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/body", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 60<<10)) })
	mux.HandleFunc("/chunks", func(w http.ResponseWriter, _ *http.Request) {
		for range 10 {
			_, _ = w.Write(make([]byte, 1<<10))
			_ = http.NewResponseController(w).Flush()
		}
	})
	mux.HandleFunc("/lost-body", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write(make([]byte, 10<<10))
	})
	mux.HandleFunc("/trickle", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://user:secret@"+r.Host+"/ok", http.StatusFound)
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/hangs-up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	return mux
}

func TestHTTPGetPassesForStatus200To299(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/ok", "/no-content", "/endless"} {
		t.Run(path, func(t *testing.T) {
			expectPass(t, checks.HTTPGet(s.URL+path))
			expectPass(t, checks.HTTPGetWith(s.Client(), s.URL+path))
		})
	}
}

func TestHTTPGetFailsForOtherStatuses(t *testing.T) {
	s := newSite(t)
	for path, want := range map[string]string{
		"/unchanged": "answered 304 Not Modified, 200 to 299 wanted",
		"/lost":      "answered 404 Not Found, 200 to 299 wanted",
		"/broken":    "answered 500 Internal Server Error, 200 to 299 wanted",
		"/odd":       "answered 599, 200 to 299 wanted",
		"/moved":     "answered 302 Found to " + strings.Replace(s.URL, "//", "//…@", 1) + "/ok, 200 to 299 wanted",
		"/loop":      "answered 302 Found to " + s.URL + "/loop, 200 to 299 wanted",
		"/hangs-up":  "EOF",
	} {
		t.Run(path, func(t *testing.T) {
			err := checks.HTTPGet(s.URL + path)(t.Context())
			if want := "checks: HTTPGet " + s.URL + path + ": " + want; err == nil || err.Error() != want {
				t.Errorf("\nwant %q\ngot  %v", want, err)
			}
		})
	}
}

func TestHTTPGetWithFollowsRedirectsAsItsClientDoes(t *testing.T) {
	s := newSite(t)
	expectPass(t, checks.HTTPGetWith(s.Client(), s.URL+"/moved"))
	err := checks.HTTPGetWith(s.Client(), s.URL+"/loop")(t.Context())
	expectFailure(t, err, "HTTPGetWith "+s.URL+"/loop", "stopped after 10 redirects")
}

func TestHTTPGetShowsNoPassword(t *testing.T) {
	s := newSite(t)
	url := func(address string) string { return "http://user:secret@" + address + "/broken" }
	for _, address := range []string{s.Listener.Addr().String(), loopback.FreeAddr()} {
		err := checks.HTTPGet(url(address))(t.Context())
		expectFailure(t, err, "HTTPGet http://…@"+address+"/broken")
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("the password is in %q", err)
		}
	}
}

// A client that keeps its connections can: the body is read. A run that takes over
// 100 ms on a busy machine needs another one.
func TestHTTPGetWithReusesItsConnection(t *testing.T) {
	s, slow := newSite(t), 0
	for _, path := range []string{"/ok", "/body", "/chunks", "/lost-body"} {
		for range 100 {
			start := time.Now()
			_ = checks.HTTPGetWith(s.Client(), s.URL+path)(t.Context())
			if time.Since(start) >= 100*time.Millisecond {
				slow++
			}
		}
	}
	if n := len(s.came); n > 1+slow {
		t.Errorf("%d connections for 400 runs, of which %d took over 100 ms, want one, and one for each of these", n, slow)
	}
}

// A body that does not end, or comes slowly, is not waited for.
func TestHTTPGetWithDoesNotWaitForABody(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/endless", "/trickle"} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		if err := checks.HTTPGetWith(s.Client(), s.URL+path)(ctx); err != nil || time.Since(start) > 30*time.Second {
			t.Errorf("%s: %v after %v", path, err, time.Since(start))
		}
	}
}

func TestHTTPGetFailsWhereTheConnectionIsRefused(t *testing.T) {
	address := loopback.FreeAddr()
	expectFailure(t, checks.HTTPGet("http://"+address)(t.Context()), "HTTPGet http://"+address, "refused")
}

func TestHTTPGetCertificates(t *testing.T) {
	s := httptest.NewUnstartedServer(routes())
	s.Config.ErrorLog = quiet()
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	expectFailure(t, checks.HTTPGet(s.URL+"/ok")(t.Context()), "HTTPGet "+s.URL, "certificate")
	expectPass(t, checks.HTTPGetWith(s.Client(), s.URL+"/ok"))
}

func TestEachRunOfHTTPGetClosesItsConnection(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/ok", "/endless", "/broken", "/moved"} {
		_ = checks.HTTPGet(s.URL + path)(t.Context())
		receive(t, s.came)
		receive(t, s.gone)
	}
	if n := len(s.came); n != 0 {
		t.Errorf("%d connections more than runs", n)
	}
}

// The context ends while the server has the request and does not answer.
func TestHTTPGetWithoutAResponseEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done() // the client has gone
	}))
	defer s.Close()
	err := checks.HTTPGet(s.URL)(ctx)
	expectFailure(t, err, "HTTPGet "+s.URL)
	expectIs(t, err, context.Canceled)
}

func TestHTTPGetWithoutAnAcceptEndsWithItsContext(t *testing.T) {
	url := "http://" + listen(t).Addr().String()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	err := checks.HTTPGet(url)(ctx)
	expectFailure(t, err, "HTTPGet "+url)
	expectIs(t, err, context.DeadlineExceeded)
}

// upgrade is a transport whose answer is a 101: its body is the connection, on
// which nothing comes.
type upgrade struct{}

func (upgrade) RoundTrip(r *http.Request) (*http.Response, error) {
	silent, _ := net.Pipe()
	return &http.Response{StatusCode: http.StatusSwitchingProtocols, Header: http.Header{}, Body: silent, Request: r}, nil
}

func TestHTTPGetDoesNotReadAnUpgradedConnection(t *testing.T) {
	err := checks.HTTPGetWith(&http.Client{Transport: upgrade{}}, "http://search/")(t.Context())
	if err == nil || !strings.Contains(err.Error(), "answered 101") {
		t.Error(err)
	}
}
