package credentials

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestFaultAtEachStep: a service that is busy or broken is asked three times. It exists, so the chain must not conclude
// that the machine has no credentials.
func TestFaultAtEachStep(t *testing.T) {
	var instances []instance
	steps := []string{tokenPath, legacyList, legacyKeys}
	for n, step := range steps {
		add := func(name string, f fault, requests int, err string) {
			i := instance{
				name:    name + " at " + step,
				service: &metadata{v1: true, faults: map[string]fault{step: f}},
				err:     err,
				asked:   once(steps[:n+1]...),
			}
			if err == "" {
				i.found, i.account, i.asked = key, account, once(append(steps, extendedKeys)...)
			}
			i.asked[step] = requests
			instances = append(instances, i)
		}
		busy, broken := status(http.StatusTooManyRequests), status(http.StatusInternalServerError)
		add("429 twice", times(2, busy), 3, "")
		add("429 for ever", busy, 3, "HTTP 429")
		add("500 once", times(1, broken), 2, "")
		add("500 for ever", broken, 3, "HTTP 500")
		add("truncated once", times(1, truncated), 2, "")
		add("truncated for ever", truncated, 3, "unexpected EOF")
	}
	runAll(t, instances)
}

// TestBadDocument: the service's answer for the role is checked before anything is signed with it.
func TestBadDocument(t *testing.T) {
	var instances []instance
	add := func(name, text, err string) {
		instances = append(instances, instance{
			name:    name,
			service: &metadata{faults: map[string]fault{legacyKeys: body(text)}},
			err:     err,
			asked:   once(tokenPath, legacyList, legacyKeys),
		})
	}
	change := func(f func(*document)) string {
		doc := newDocument(roleKeys(), time.Now().Add(time.Hour))
		f(&doc)
		text, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	const blank = "access key ID or secret access key is empty"
	add("a page", "<html>"+secret+"</html>", "is not the expected JSON")
	add("half", `{"Code":"Success","SecretAccessKey":"`+secret, "is not the expected JSON")
	add("a list", fmt.Sprintf("[%q]", secret), "is not the expected JSON")
	add("nothing", "", "of 0 bytes")
	add("code", change(func(d *document) { d.Code = "AssumeRoleUnauthorizedAccess" }), `"AssumeRoleUnauthorizedAccess"`)
	add("blank ID", change(func(d *document) { d.AccessKeyId = " " }), blank)
	add("blank key", change(func(d *document) { d.SecretAccessKey = "\t" }), blank)
	add("expired", change(func(d *document) { d.Expiration = "2020-01-02T03:04:05Z" }),
		"expired at 2020-01-02T03:04:05Z")
	add("no expiration", change(func(d *document) { d.Expiration = "" }), "has no Expiration")
	add("a secret as expiration", change(func(d *document) { d.Expiration = secret }), "is not a valid RFC 3339 time")
	runAll(t, instances)
}

// TestTooLongDocument: the length of an answer is limited.
func TestTooLongDocument(t *testing.T) {
	runAll(t, []instance{{
		name:    "keys",
		err:     "longer than 65536 bytes",
		service: &metadata{faults: map[string]fault{legacyKeys: body(strings.Repeat(secret, 64<<10))}},
	}})
}

// TestPageInsteadOfRole: a proxy may answer everything with a page. The page is not the name of a role, and is neither
// requested nor shown.
func TestPageInsteadOfRole(t *testing.T) {
	const page = "<html>" + secret + "</html>"
	runAll(t, []instance{{
		name:    "page",
		err:     "role",
		service: &metadata{faults: map[string]fault{legacyList: body(page), legacyList + page: body(page)}},
	}})
}
