package container_test

import (
	"fmt"
	"strings"
	"testing"

	"sluice/creds/container"
)

func TestFormatShowsNoSecret(t *testing.T) {
	for _, p := range []any{container.Provider{Token: "SECRET"}, &container.Provider{Token: "SECRET"}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text := fmt.Sprintf(verb, p)
			if strings.Contains(text, "SECRET") || strings.Contains(text, fmt.Sprintf("%x", "SECRET")) {
				t.Errorf("%T prints %s with %s", p, text, verb)
			}
		}
	}
}
