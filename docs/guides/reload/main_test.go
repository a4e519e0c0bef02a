//go:build unix

package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/greynewell/mist-go/docs/guides/internal/guidetest"
)

func TestMain(m *testing.M) { guidetest.Main(m) }

func TestSIGHUPReplacesTheConfigurationIfTheNewOneIsGood(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.json")
	write(t, file, `{"greeting": "good morning"}`)
	p, addr := guidetest.Serve(t, []string{"-addr"}, "-config", file)
	wantAnswer(t, addr[0], "/", "good morning\n")

	write(t, file, `{"greeting": "good evening"}`)
	p.Signal(syscall.SIGHUP)
	p.AwaitLog("reloaded")
	wantAnswer(t, addr[0], "/", "good evening\n")

	write(t, file, `{"greeting": `)
	p.Signal(syscall.SIGHUP)
	p.AwaitLog("reload failed")
	wantAnswer(t, addr[0], "/", "good evening\n")

	p.Signal(syscall.SIGTERM)
	guidetest.WantExit(t, p, 0)
}

func TestSIGHUPDuringTheStopDoesNotEndTheProcess(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.json")
	write(t, file, `{"greeting": "good morning"}`)
	p, addr := guidetest.Serve(t, []string{"-addr"}, "-config", file)
	done := make(chan struct{})
	go func() { defer close(done); wantAnswer(t, addr[0], "/?slow", "good morning\n") }()
	p.AwaitLog("slow request")
	p.Signal(syscall.SIGTERM)
	p.AwaitLog("lifecycle: draining")
	p.Signal(syscall.SIGHUP)
	<-done
	guidetest.WantExit(t, p, 0)
	if p.Stderr.Find("reloaded") >= 0 {
		t.Error("it reloads while it stops")
	}
}

func TestAServiceWithoutAConfigurationDoesNotStart(t *testing.T) {
	p := guidetest.Start(t, "-addr", "127.0.0.1:0", "-config", filepath.Join(t.TempDir(), "none"))
	guidetest.WantExit(t, p, 1)
	guidetest.WantInOrder(t, p, "greeter failed")
}

func write(t *testing.T, file, text string) {
	t.Helper()
	// As an editor does: a file that is read is the old one or the new one.
	if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

func wantAnswer(t *testing.T, addr, path, want string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + addr + path)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != want {
		t.Errorf("the answer is %q, %v; want %q", body, err, want)
	}
}
