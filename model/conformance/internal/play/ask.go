package play

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
)

// Reply is what an endpoint answered, with the body read as JSON.
type Reply struct {
	Code    int         `json:"-"`
	Header  http.Header `json:"-"`
	Body    []byte      `json:"-"`
	Invalid error       `json:"-"` // why the body is not JSON
	Status  string
	State   string
	Reason  string
	Tool    string
	Version string
	Uptime  string
	Checks  map[string]string
}

// Ask asks a handler without a server.
func Ask(h http.Handler, method string) Reply {
	return AskWith(context.Background(), h, method)
}

// AskWith is Ask with a context.
func AskWith(ctx context.Context, h http.Handler, method string) Reply {
	return Send(h, NewRequest(ctx, method))
}

// NewRequest returns what Ask sends.
func NewRequest(ctx context.Context, method string) *http.Request {
	r := &http.Request{
		Method: method, URL: &url.URL{Path: "/"}, Host: "localhost",
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody,
	}
	return r.WithContext(ctx)
}

// Send is Ask with any request.
func Send(h http.Handler, r *http.Request) Reply {
	method := r.Method
	w := &recorder{header: http.Header{}}
	h.ServeHTTP(w, r)
	w.finish(method)
	return NewReply(w.code, w.header, w.body.Bytes())
}

// NewReply reads an answer.
func NewReply(code int, header http.Header, body []byte) Reply {
	a := Reply{Code: code, Header: header, Body: body}
	a.Invalid = json.Unmarshal(a.Body, &a)
	return a
}

// recorder is a ResponseWriter that keeps what it is given.
type recorder struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

// Header returns the header.
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader keeps the first code.
func (w *recorder) WriteHeader(code int) {
	if w.code == 0 {
		w.code = code
	}
}

// finish does what net/http does when the handler has returned: it may not have
// said anything, or not how long a short body is, and a body of HEAD is not sent.
func (w *recorder) finish(method string) {
	w.WriteHeader(http.StatusOK)
	if n := w.body.Len(); w.header.Get("Content-Length") == "" && n > 0 && n <= 2048 {
		w.header.Set("Content-Length", strconv.Itoa(n))
	}
	if method == http.MethodHead {
		w.body.Reset()
	}
}

// Write keeps the body.
func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}
