//go:build unix

package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/greynewell/mist-go/docs/guides/internal/guidetest"
)

func TestMain(m *testing.M) { guidetest.Main(m) }

var flags = []string{"-public", "-internal", "-admin"}

func TestAdminAnswersUntilTheLastHookHasRunAndTheOthersDoNot(t *testing.T) {
	p, addrs := guidetest.Serve(t, flags)
	public, internal, admin := addrs[0], addrs[1], addrs[2]
	wantAnswer(t, public, "/", http.StatusOK, "hello from the public API")
	wantAnswer(t, internal, "/", http.StatusOK, "hello from the internal API")
	wantAnswer(t, admin, "/readyz", http.StatusOK, `"state":"running"`)

	awaitIdle(t, admin) // or the stop waits for a request whose answer the client already has
	p.Signal(syscall.SIGTERM)
	p.AwaitLog("flushing") // the hook is running
	wantAnswer(t, admin, "/readyz", http.StatusServiceUnavailable, `"state":"hooks"`)
	wantAnswer(t, admin, "/healthz", http.StatusOK, `"status":"ok"`)
	wantAnswer(t, admin, "/metrics", http.StatusOK, `lifecycle_state{state="hooks"} 1`)
	wantAnswer(t, admin, "/statusz", http.StatusOK, "hooks")
	wantRefused(t, public)
	wantRefused(t, internal)
	if p.Stderr.Find("flushed") >= 0 {
		t.Error("the hook was over before the questions were")
	}
	guidetest.WantExit(t, p, 0)
	guidetest.WantQuotedLog(t, p, "../several-servers.md", 0)
}

func TestAPortThatIsTakenStopsTheServiceWhicheverItIs(t *testing.T) {
	for _, flag := range flags {
		t.Run(flag, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer ln.Close()
			args := []string{"-flush", "1ms"}
			for _, each := range flags {
				if each == flag {
					args = append(args, each, ln.Addr().String())
				} else {
					args = append(args, each, "127.0.0.1:0")
				}
			}
			p := guidetest.Start(t, args...)
			guidetest.WantExit(t, p, 1)
			guidetest.WantInOrder(t, p, "flushed", "orders failed")
			if line := p.AwaitLog("orders failed"); !strings.Contains(line, ln.Addr().String()) {
				t.Errorf("the address is not named: %s", line)
			}
		})
	}
}

// awaitIdle returns when the status page shows no request in flight.
func awaitIdle(t *testing.T, admin string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+admin+"/statusz", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for status := struct{ Requests int }{1}; status.Requests > 0; {
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		err = json.NewDecoder(resp.Body).Decode(&status)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func wantAnswer(t *testing.T, addr, path string, code int, text string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + addr + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != code || !strings.Contains(string(body), text) {
		t.Errorf("%s: %d %s, %v; want %d and %q", path, resp.StatusCode, body, err, code, text)
	}
}

func wantRefused(t *testing.T, addr string) {
	t.Helper()
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Errorf("%s still accepts connections", addr)
	}
}
