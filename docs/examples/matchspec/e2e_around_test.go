//go:build unix

package main

import (
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestTheStatusPageIsThere(t *testing.T) {
	t.Parallel()
	s := begin(t)
	for accept, want := range map[string]string{"text/html": "<title>", "application/json": `"state":"running"`} {
		req, err := http.NewRequest(http.MethodGet, s.admin+"/statusz", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", accept)
		resp, err := s.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), accept) ||
			!strings.Contains(string(body), want) || !strings.Contains(string(body), "service.go") {
			t.Errorf("%s: %d %s\n%s", accept, resp.StatusCode, resp.Header.Get("Content-Type"), body)
		}
	}
	s.Signal(syscall.SIGTERM)
	s.wantExit(0)
}

// A hook that hangs can be looked at, because the admin server answers until the
// last hook has run.
func TestTheAdminServerAnswersWhileAHookHangs(t *testing.T) {
	t.Parallel()
	s := begin(t, "-fault", faultHungHook, "-shutdown-timeout", "1h")
	s.Signal(syscall.SIGTERM)
	s.AwaitLog("to=hooks")
	for path, want := range map[string]string{
		"/statusz": `"state":"running","began"`, // the hook
		"/metrics": `matchspec_state{state="hooks"} 1`,
		"/readyz":  `"state":"hooks"`,
		"/healthz": `"status":"ok"`,
	} {
		req, err := http.NewRequest(http.MethodGet, s.admin+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "application/json")
		resp, err := s.prober.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %s, want %s", path, resp.StatusCode, body, want)
		}
	}
	if _, err := s.http.Get(s.url + "/readyz"); err == nil {
		t.Error("the service still listens")
	}
	for range 2 { // the second is a further one, by half a second
		s.Signal(syscall.SIGINT)
		time.Sleep(500 * time.Millisecond)
	}
	s.wantExit(1)
}
