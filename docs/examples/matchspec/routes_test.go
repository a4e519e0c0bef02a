package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/fsm"
	"github.com/greynewell/mist-go/health"
)

func TestWhatIsNotARecordIsRefused(t *testing.T) {
	for _, test := range []struct {
		name, method, path, body string
		want                     int
	}{
		{"a record is accepted", "POST", "/match", `{"id":"a","spec":"*"}`, 202},
		{"no JSON is not", "POST", "/match", `a`, 400},
		{"nothing is not", "POST", "/match", ``, 400},
		{"one without an id is not", "POST", "/match", `{"spec":"*"}`, 400},
		{"one with a broken pattern is not", "POST", "/match", `{"id":"a","spec":"["}`, 400},
		{"one that has no end is not", "POST", "/match", `{"id":"` + strings.Repeat("a", 1<<20), 400},
		{"records cannot be got", "GET", "/match", ``, 405},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newService(config{})
			answer := httptest.NewRecorder()
			s.routes(context.Background(), health.New("matchspec", version)).
				ServeHTTP(answer, httptest.NewRequest(test.method, test.path, strings.NewReader(test.body)))
			if answer.Code != test.want {
				t.Errorf("%d %s, want %d", answer.Code, answer.Body, test.want)
			}
			if accepted := answer.Code == http.StatusAccepted; accepted != (s.queue.Len() == 1) {
				t.Errorf("%d, and %d in the queue", answer.Code, s.queue.Len())
			}
			if n := s.inFlight.Load(); n != 0 {
				t.Errorf("%d requests are under way when none is", n)
			}
		})
	}
}

func TestAFullOrClosedQueueIsAnAnswerToTryLater(t *testing.T) {
	s := newService(config{})
	s.queue = newQueue(0)
	answer := httptest.NewRecorder()
	post := func() *http.Request {
		return httptest.NewRequest("POST", "/match", strings.NewReader(`{"id":"a"}`))
	}
	s.match(answer, post())
	if answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" {
		t.Errorf("with a full queue: %d %v", answer.Code, answer.Header())
	}
	s.queue.Close()
	answer = httptest.NewRecorder()
	s.match(answer, post())
	if answer.Code != http.StatusServiceUnavailable {
		t.Errorf("with a closed queue: %d", answer.Code)
	}
}

func TestTheSlowAnswerHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(config{slow: 5 * time.Second})
		machine := fsm.New()
		ctx := fsm.NewContext(context.Background(), machine)
		answer, began := httptest.NewRecorder(), time.Now()
		s.slowly(ctx)(answer, httptest.NewRequest("GET", "/slow", nil))
		lines := strings.Split(strings.TrimSpace(answer.Body.String()), "\n")
		if len(lines) != slowSteps+1 || lines[slowSteps] != "done, while starting" {
			t.Errorf("%q", lines)
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("it took %v, want 5s", took)
		}
	})
}

func TestTheSlowAnswerEndsWithItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(config{slow: time.Hour})
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		answer := httptest.NewRecorder()
		s.slowly(ctx)(answer, httptest.NewRequest("GET", "/slow", nil).WithContext(ctx))
		if strings.Contains(answer.Body.String(), "done") {
			t.Errorf("%q, for a client that went away", answer.Body)
		}
	})
}
