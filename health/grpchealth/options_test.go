package grpchealth_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greynewell/mist-go/health"
	"github.com/greynewell/mist-go/health/grpchealth"
)

// logged returns what is logged by default while f runs.
func logged(t *testing.T, f func()) string {
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&b, nil)))
	defer slog.SetDefault(before)
	f()
	return b.String()
}

func TestInvalidArgumentIsLoggedWithItsCallSite(t *testing.T) {
	ctx, h := context.Background(), newHandler()
	for name, tc := range map[string]struct {
		make func() *grpchealth.Server
		want string
	}{
		"a nil handler": {
			func() *grpchealth.Server { return grpchealth.New(ctx, nil) },
			"the handler is nil; every status is NOT_SERVING",
		},
		"a nil context": {
			func() *grpchealth.Server { var none context.Context; return grpchealth.New(none, h) },
			"the context is nil",
		},
		"a nil option": {
			func() *grpchealth.Server { return grpchealth.New(ctx, h, nil) },
			"an option is nil",
		},
		"an interval of zero": {
			func() *grpchealth.Server { return grpchealth.New(ctx, h, grpchealth.WithInterval(0)) },
			"WithInterval(0s) is not positive; the interval stays 1s",
		},
		"a negative interval": {
			func() *grpchealth.Server { return grpchealth.New(ctx, h, grpchealth.WithInterval(-time.Second)) },
			"WithInterval(-1s) is not positive; the interval stays 1s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var server *grpchealth.Server
				text := logged(t, func() { server = tc.make() })
				if strings.Count(text, "\n") != 1 || !strings.Contains(text, "level=ERROR") ||
					!strings.Contains(text, "grpchealth: New: "+tc.want) || !strings.Contains(text, "options_test.go:") {
					t.Errorf("want one error with %q and its place, got %q", tc.want, text)
				}
				want := serving
				if name == "a nil handler" {
					want = notServing
				}
				_, client := serve(t, server)
				(&service{t: t, client: client}).expect(want)
				watch(t, client, "").expect(want, 0)
			})
		})
	}
}

func TestValidArgumentsAreNotLogged(t *testing.T) {
	text := logged(t, func() {
		grpchealth.New(context.Background(), health.New("matchspec", "1.4.0"),
			grpchealth.WithServices(), grpchealth.WithServices("match.v1.Matcher"), grpchealth.WithInterval(time.Minute))
	})
	if text != "" {
		t.Errorf("logged: %s", text)
	}
}
