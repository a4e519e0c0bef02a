package checks

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/greynewell/mist-go/model/conformance/internal/http2frame"
)

// wire2 is one connection of HTTP/2, by hand: a real client would retry what a
// server loses.
type wire2 struct {
	net.Conn
	next    uint32 // the next stream
	goneAt  time.Duration
	read    int           // bytes of data so far
	pause   time.Duration // after so much as a window has
	now     func() time.Duration
	goAways int
}

// newWire2 sends what a client sends first.
func newWire2(conn net.Conn, now func() time.Duration) (*wire2, error) {
	w := &wire2{Conn: conn, next: 1, now: now}
	if _, err := io.WriteString(conn, http2frame.Preface); err != nil {
		return w, err
	}
	return w, w.send(http2frame.Settings, 0, 0, nil)
}

func (w *wire2) send(kind, flags byte, stream uint32, payload []byte) error {
	_, err := w.Write(http2frame.Encode(kind, flags, stream, payload))
	return err
}

// ask begins a stream with a GET of /path, and returns its number.
func (w *wire2) ask(path string) (stream uint32, err error) {
	stream = w.next
	w.next += 2
	block := []byte{0x82, 0x86, 0x04, byte(len(path) + 1), '/'} // GET, http, :path
	block = append(block, path...)
	block = append(block, 0x41, 1, 'x') // :authority
	return stream, w.send(http2frame.Headers, http2frame.EndHeaders|http2frame.EndStream, stream, block)
}

// frame reads one frame, and answers it as a client has to.
func (w *wire2) frame() (http2frame.Frame, error) {
	f, err := http2frame.Read(w.Conn)
	if err != nil {
		return f, err
	}
	switch f.Type {
	case http2frame.GoAway:
		if w.goAways++; w.goAways == 1 && w.now != nil {
			w.goneAt = w.now()
		}
	case http2frame.Data:
		err = w.refill(f)
	default:
		if reply := f.Reply(); reply != nil {
			_, err = w.Write(reply)
		}
	}
	return f, err
}

// refill lets the server send as much again.
func (w *wire2) refill(f http2frame.Frame) error {
	w.read += len(f.Payload)
	if w.pause > 0 && w.read%(1<<16) < len(f.Payload) {
		time.Sleep(w.pause)
	}
	if len(f.Payload) == 0 {
		return nil
	}
	more := binary.BigEndian.AppendUint32(nil, uint32(len(f.Payload)))
	if err := w.send(http2frame.WindowUpdate, 0, 0, more); err != nil {
		return err
	}
	if f.Ends() {
		return nil
	}
	return w.send(http2frame.WindowUpdate, 0, f.Stream, more)
}

// answer reads until a stream has ended, and returns how many bytes of data
// came. An answer that does not end is an error.
func (w *wire2) answer(stream uint32) (bytes int, err error) {
	for {
		f, err := w.frame()
		if err != nil {
			return bytes, err
		}
		if f.Stream != stream {
			continue
		}
		switch f.Type {
		case http2frame.Reset:
			return bytes, fmt.Errorf("the stream is reset: %x", f.Payload)
		case http2frame.Data:
			bytes += len(f.Payload)
		}
		if f.Ends() {
			return bytes, nil
		}
	}
}

// discard reads frames until the connection ends, and then closes the channel.
func (w *wire2) discard() <-chan struct{} {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			if _, err := w.frame(); err != nil {
				return
			}
		}
	}()
	return gone
}

// get asks for /path and returns what became of it.
func (w *wire2) get(path string) (bytes int, err error) {
	stream, err := w.ask(path)
	if err != nil {
		return 0, err
	}
	return w.answer(stream)
}

// unencryptedHTTP2 are the protocols of a server that speaks HTTP/2 without TLS.
func unencryptedHTTP2() *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	return p
}

// certificate makes a certificate for "service", and a pool that trusts it. The
// files are where ServeTLS finds them, in a directory that goes with this process.
func (c *Checker) certificate() (cert tls.Certificate, trusts *x509.CertPool, certFile, keyFile string) {
	fail := func(err error) bool {
		if err != nil {
			c.Errorf("cannot make a certificate: %v", err)
		}
		return err != nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if fail(err) {
		return
	}
	// Long enough before and after virtual time.
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "service"}, DNSNames: []string{"service"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if fail(err) {
		return
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if fail(err) {
		return
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
	if cert, err = tls.X509KeyPair(certPEM, keyPEM); fail(err) {
		return
	}
	trusts = x509.NewCertPool()
	trusts.AppendCertsFromPEM(certPEM)
	dir, err := os.MkdirTemp("", "conformance-")
	if fail(err) {
		return
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if fail(os.WriteFile(certFile, certPEM, 0o600)) || fail(os.WriteFile(keyFile, keyPEM, 0o600)) {
		return
	}
	return cert, trusts, certFile, keyFile
}
