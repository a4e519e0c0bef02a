package fuzz

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/greynewell/mist-go/docs/child"
)

// program returns the path of a program that may be missing.
func program(t *testing.T, name string) string {
	t.Helper()
	// A user's PATH may lack the directory of daemons.
	for _, candidate := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	if os.Getenv("MIST_NO_SKIP") != "" {
		t.Fatalf("%s is not installed, and MIST_NO_SKIP is set", name)
	}
	t.Skipf("%s is not installed (Debian: apt-get install haproxy nginx-light)", name)
	return ""
}

func (p *proxy) write(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(p.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// haproxy asks each copy for its readiness every 100 ms, and acts on one answer,
// over HTTP/2 on three. It sends no request again.
func haproxy(t *testing.T, p *proxy) {
	path, proto, fall := program(t, "haproxy"), "", 1
	if p.http2 {
		// On a busy machine single checks over HTTP/2 time out after 100 ms,
		// whatever timeout check is, and then all copies are out at once.
		proto, fall = "proto h2", 3
	}
	var config strings.Builder
	fmt.Fprintf(&config, `
defaults
	mode http
	timeout connect 5s
	timeout client 1m
	timeout server 1m
	timeout check 5s
	retries 0
	no option redispatch
frontend front
	bind %s %s
	default_backend copies
backend copies
	balance roundrobin
	option httpchk GET /readyz
	http-check expect status 200
	default-server check inter 100ms fall %d rise 1 %s
`, p.front, proto, fall, proto)
	for i, r := range p.copies {
		fmt.Fprintf(&config, "\tserver copy%d %s:8080\n", i, r.host)
	}
	child.Start(t, path, nil, "-db", "-f", p.write(t, "haproxy.cfg", config.String()))
}

// nginx, which asks no copy for anything in its open version, reads its
// upstreams from a file that is written anew, as an ingress controller does it.
// To them it speaks HTTP/1.1. It sends no request again, unless p.again.
func nginx(t *testing.T, p *proxy) {
	path, http2, keep := program(t, "nginx"), "", "1h"
	if p.http2 {
		// A worker that a reload has replaced goes on with the old upstreams for
		// as long as a connection of HTTP/2 is never idle. This ends it.
		http2, keep = "http2", "200ms"
	}
	next, fails := "off", "max_fails=0"
	if p.again {
		next, fails = "error", "fail_timeout=1s"
	}
	config := fmt.Sprintf(`
daemon off;
user root;
worker_processes 2;
pid %[1]s/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
	log_format uris '$request_uri $status $upstream_addr';
	access_log %[1]s/access.log uris;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	keepalive_requests 1000000000;
	keepalive_time %[4]s;
	upstream copies {
		include %[1]s/upstreams;
		keepalive 32;
	}
	server {
		listen %[2]s %[3]s;
		location / {
			proxy_pass http://copies;
			proxy_http_version 1.1;
			proxy_set_header Connection "";
			proxy_next_upstream %[5]s;
		}
	}
}
`, p.dir, p.front, http2, keep, next)
	upstreams := func() {
		var lines strings.Builder
		for _, r := range p.copies {
			if r.up {
				fmt.Fprintf(&lines, "server %s:8080 %s;\n", r.host, fails)
			}
		}
		p.write(t, "upstreams", lines.String())
	}
	upstreams()
	process := child.Start(t, path, nil, "-e", "stderr", "-p", p.dir, "-c", p.write(t, "nginx.conf", config))
	t.Cleanup(func() { // the workers too, which SIGKILL would leave behind
		_ = process.Send(syscall.SIGTERM)
		<-process.Exited()
	})
	if p.again {
		return
	}
	// A worker that has been replaced goes on with what it has begun, and may be
	// late if the machine is busy.
	p.changed = func(t *testing.T) {
		upstreams()
		old := workers(t, p.dir)
		process.Signal(syscall.SIGHUP)
		waitFor(t, func() bool {
			now := workers(t, p.dir)
			return !slices.ContainsFunc(old, func(pid string) bool { return slices.Contains(now, pid) })
		})
	}
	// A reload closes connections that clients keep, and with them requests that
	// are on their way.
	p.received = func(uri string) int {
		log, err := os.ReadFile(filepath.Join(p.dir, "access.log"))
		if err != nil {
			t.Error(err)
		}
		return bytes.Count(log, []byte(uri+" "))
	}
}

// workers returns the process IDs of nginx's workers.
func workers(t *testing.T, dir string) []string {
	pid, err := os.ReadFile(filepath.Join(dir, "nginx.pid"))
	if err != nil {
		t.Error(err)
		return nil
	}
	n := strings.TrimSpace(string(pid))
	children, err := os.ReadFile(filepath.Join("/proc", n, "task", n, "children"))
	if err != nil {
		t.Error(err)
	}
	return strings.Fields(string(children))
}
