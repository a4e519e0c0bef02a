package services

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"time"
)

// help is what services start beside themselves; it reports whether there is one
// of that name.
func help(name string) bool {
	sleeps := map[string]time.Duration{"sleep": time.Minute, "nap": 300 * time.Millisecond}
	time.Sleep(sleeps[name])
	return sleeps[name] > 0
}

// selfSigned is a certificate that no one knows.
func selfSigned() *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

const pythonHead = `
import http.server, os, signal, sys, threading, time
host, port = os.environ["LIFECHECK_ADDR"].rsplit(":", 1)
stopping = threading.Event()
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/slow":
            time.sleep(0.8)
        self.send_response(503 if self.path == "/readyz" and stopping.is_set() else 200)
        self.end_headers()
        self.wfile.write(b"hello\n")
    def log_message(self, *args):
        pass
class S(http.server.ThreadingHTTPServer):
    request_queue_size = 128
`

const pythonDropping = pythonHead + `
s = S((host, int(port)), H)
def stop(*_):
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
s.serve_forever()
`

// pythonWaiting closes the listener up to half a second late, as serve_forever
// looks for a stop twice a second, and then waits for its threads.
const pythonWaiting = pythonHead + `
s = S((host, int(port)), H)
s.daemon_threads = False
def stop(*_):
    stopping.set()
    threading.Thread(target=s.shutdown).start()
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
s.serve_forever()
s.server_close()
`

// pythonDelayed closes the listener after the delay.
const pythonDelayed = `
def stop(*_):
    if not stopping.is_set():
        stopping.set()
        threading.Timer(0.6, s.shutdown).start()
def serve():
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
    s.serve_forever(poll_interval=0.05)
    s.server_close()
`

// pythonSerial answers one request at a time.
const pythonSerial = pythonHead + pythonDelayed + `
class One(http.server.HTTPServer):
    request_queue_size = 128
s = One((host, int(port)), H)
serve()
`

// pythonWorkers has two processes take connections, and a parent that passes
// signals on to them and waits. Signals wait until both can handle them: a worker
// answers before its parent has come that far.
const pythonWorkers = pythonHead + pythonDelayed + `
s = S((host, int(port)), H)
s.daemon_threads = False
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
workers = []
for _ in range(2):
    pid = os.fork()
    if pid == 0:
        serve()
        sys.exit(0)
    workers.append(pid)
s.socket.close()
def pass_on(*_):
    for pid in workers:
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
signal.signal(signal.SIGTERM, pass_on)
signal.signal(signal.SIGINT, pass_on)
signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
for pid in workers:
    os.waitpid(pid, 0)
`
