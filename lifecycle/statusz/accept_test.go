package statusz

import (
	"net/http"
	"testing"
)

func TestPrefersJSON(t *testing.T) {
	for accept, want := range map[string]bool{
		"":                                       false,
		"*/*":                                    false,
		"text/html":                              false,
		"application/json":                       true,
		"Application/JSON; charset=utf-8":        true,
		"application/*":                          true,
		"application/json, */*":                  false, // both alike
		"application/json, */*;q=0.5":            true,
		"application/json, text/html":            false,
		"application/json;q=0.9, text/html":      false,
		"application/json, text/html;q=0.9":      true,
		"text/*;q=0.3, application/json;q=1":     true,
		"text/html;q=0, */*":                     true,
		"application/json;q=0, */*;q=0.1":        false,
		"application/json;q=nonsense, */*;q=0.1": true,
		"application/json;q=-1":                  true,
		", ;;, application/json":                 true,
		"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8": false,
		"application/vnd.api+json": false,
	} {
		if got := prefersJSON(http.Header{"Accept": {accept}}); got != want {
			t.Errorf("%q: %v", accept, got)
		}
	}
	if !prefersJSON(http.Header{"Accept": {"text/html;q=0.5", "application/json"}}) {
		t.Error("a second header line is not read")
	}
}
