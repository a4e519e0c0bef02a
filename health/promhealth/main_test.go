package promhealth_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"go.uber.org/goleak"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/promhealth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newHandler() *health.Handler {
	return health.New("matchspec", "1.4.0", health.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
}

func handlerFor(t *testing.T, c *promhealth.Collector) http.Handler {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// exposition is what a scrape was answered, one sample a line, without
// comments.
type exposition struct {
	t    *testing.T
	text string
}

// scrape asks a real server on loopback.
func scrape(t *testing.T, c *promhealth.Collector) exposition {
	t.Helper()
	server := httptest.NewServer(handlerFor(t, c))
	defer server.Close()
	client := server.Client()
	defer client.CloseIdleConnections()
	response, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return examine(t, response.StatusCode, string(body))
}

// gather asks the handler without a connection, which virtual time could not
// see through.
func gather(t *testing.T, c *promhealth.Collector) exposition {
	t.Helper()
	rec := httptest.NewRecorder()
	handlerFor(t, c).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return examine(t, rec.Code, rec.Body.String())
}

func examine(t *testing.T, code int, body string) exposition {
	t.Helper()
	if code != http.StatusOK {
		t.Fatalf("%d %s", code, body)
	}
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	if err != nil {
		t.Errorf("%v in\n%s", err, body)
	}
	for _, p := range problems {
		t.Errorf("promlint: %s: %s", p.Metric, p.Text)
	}
	var samples []string
	for line := range strings.Lines(body) {
		if !strings.HasPrefix(line, "#") {
			samples = append(samples, line)
		}
	}
	return exposition{t, strings.Join(samples, "")}
}

// expect holds the exposition to having each of these lines.
func (e exposition) expect(lines ...string) {
	e.t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+e.text, "\n"+line+"\n") {
			e.t.Errorf("want the line %q in\n%s", line, e.text)
		}
	}
}

// expectNone holds it to having no sample of these metrics.
func (e exposition) expectNone(metrics ...string) {
	e.t.Helper()
	for _, metric := range metrics {
		if strings.Contains("\n"+e.text, "\n"+metric) {
			e.t.Errorf("want no %s in\n%s", metric, e.text)
		}
	}
}
