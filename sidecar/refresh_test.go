package sidecar

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sluice/sidecar/config"
)

// TestOneAssumeRole: two thousand requests that arrive before the first answer make
// one request to STS.
func TestOneAssumeRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestServer(t, one)
		hold := b.sts.holdBack()
		var good atomic.Int64
		var clients sync.WaitGroup
		for range 2000 {
			clients.Go(func() {
				if status, key := b.get(tokenOne); status == http.StatusOK && key == "ASIA1" {
					good.Add(1)
				}
			})
		}
		synctest.Wait() // all wait for STS
		close(hold)
		clients.Wait()
		if calls := b.sts.calls.Load(); calls != 1 || good.Load() != 2000 {
			t.Errorf("STS was asked %d times and %d clients got its key, want 1 and 2000", calls, good.Load())
		}
	})
}

// TestOutage: while STS is away, clients notice nothing until the key expires. Then
// they are told to come back, and get a new key soon after STS is back.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestServer(t, one) // keys live 15 min
		health := func() int { return b.ask(b.opts.Config.Server.Listeners[0], "GET /health").Code }
		if status, key := b.get(tokenOne); status != 200 || key != "ASIA1" {
			t.Fatalf("at first: %d %s", status, key)
		}
		b.sts.down.Store(true)
		for minute := range 60 {
			status, key := b.get(tokenOne)
			synctest.Wait()
			lives := minute < 15
			want := map[bool]int{true: 200, false: 503}[lives]
			if wantKey := map[bool]string{true: "ASIA1"}[lives]; status != want || key != wantKey {
				t.Errorf("minute %d: %d %q, want %d %q", minute, status, key, want, wantKey)
			}
			if got := health(); got != want {
				t.Errorf("minute %d: health %d, want %d", minute, got, want)
			}
			time.Sleep(time.Minute)
		}
		const text = "Credentials are not available now"
		w := b.ask(b.opts.Config.Server.Listeners[0], "GET /v1/credentials", "Authorization: "+tokenOne)
		if w.Code != 503 || w.Header().Get("Retry-After") != "60" ||
			w.Body.String() != `{"code":"ServiceUnavailable","error":"`+text+`","message":"`+text+"\"}\n" {
			t.Errorf("in the outage: %d, Retry-After %q, %s", w.Code, w.Header().Get("Retry-After"), w.Body)
		}
		if asked := b.sts.calls.Load(); asked > 100 {
			t.Errorf("STS was asked %d times in an hour, want about one a minute", asked)
		}
		b.sts.down.Store(false)
		time.Sleep(time.Minute) // as Retry-After says
		if status, key := b.get(tokenOne); status != 200 || !strings.HasPrefix(key, "ASIA") {
			t.Errorf("afterwards: %d %q, want a new key", status, key)
		}
		if got := health(); got != 200 {
			t.Errorf("health afterwards: %d, want 200", got)
		}
	})
}

// TestTimeout: a source that does not answer is given up on.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestServer(t, "credentials: {request_timeout: 7}\n"+one)
		b.sts.holdBack()
		began := time.Now()
		if status, _ := b.get(tokenOne); status != 503 || time.Since(began) != 7*time.Second {
			t.Errorf("%d after %v, want 503 after 7s", status, time.Since(began))
		}
	})
}

// TestHealthComesBack: a sidecar that is asked for no keys recovers as well.
func TestHealthComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestServer(t, one)
		l := b.opts.Config.Server.Listeners[0]
		b.sts.down.Store(true)
		b.prefetch()
		if w := b.ask(l, "GET /health"); w.Code != 503 ||
			w.Body.String() != `{"status":"unhealthy","services":1,"able":0}`+"\n" {
			t.Errorf("with STS away: %d %s", w.Code, w.Body)
		}
		b.sts.down.Store(false)
		time.Sleep(time.Minute)
		b.ask(l, "GET /health")
		synctest.Wait()
		if w := b.ask(l, "HEAD /health"); w.Code != 200 {
			t.Errorf("with STS back: %d %s", w.Code, w.Body)
		}
	})
}

// TestBackground: a key is refreshed before it expires, and no request waits for that.
func TestBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestServer(t, "credentials: {refresh_buffer_seconds: 60}\n"+one)
		b.get(tokenOne)
		hold := b.sts.holdBack()
		time.Sleep(13 * time.Minute)
		if _, key := b.get(tokenOne); key != "ASIA1" || b.sts.calls.Load() != 1 {
			t.Errorf("2 min before the end: %s after %d calls, want the old key and no call", key, b.sts.calls.Load())
		}
		time.Sleep(70 * time.Second)
		if _, key := b.get(tokenOne); key != "ASIA1" {
			t.Errorf("50 s before the end: %s, want the old key at once", key)
		}
		synctest.Wait()
		if n := b.sts.calls.Load(); n != 2 {
			t.Errorf("STS was asked %d times, want twice", n)
		}
		close(hold)
		synctest.Wait()
		if _, key := b.get(tokenOne); key != "ASIA2" {
			t.Errorf("afterwards: %s, want the new key", key)
		}
	})
}

// TestAssumeRoleSends: what the configuration says is what STS is asked.
func TestAssumeRoleSends(t *testing.T) {
	b := newTestServer(t, `
services:
  full:
    auth_token: `+tokenOne+`
    assumed_role:
      RoleArn: arn:aws-us-gov:iam::123456789012:role/path/full
      RoleSessionName: session
      DurationSeconds: 7200
      ExternalId: `+planted+`:external
      Policy: '{"Version":"2012-10-17"}'
      PolicyArns: [{arn: arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess}]
      Tags: [{Key: team, Value: logs}]
      TransitiveTagKeys: [team]
      SourceIdentity: jane
      SerialNumber: arn:aws-us-gov:iam::123456789012:mfa/device
      TokenCode: "123456"
      ProvidedContexts:
      - ProviderArn: "arn:aws-us-gov:iam::aws:contextProvider/IdentityCenter"
        ContextAssertion: `+planted+`
`)
	if status, _ := b.get(tokenOne); status != 200 {
		t.Fatalf("status %d\n%s", status, b.log)
	}
	for name, want := range map[string]string{
		"Action":                                "AssumeRole",
		"RoleArn":                               "arn:aws-us-gov:iam::123456789012:role/path/full",
		"RoleSessionName":                       "session",
		"DurationSeconds":                       "7200",
		"ExternalId":                            planted + ":external",
		"Policy":                                `{"Version":"2012-10-17"}`,
		"PolicyArns.member.1.arn":               "arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess",
		"Tags.member.1.Key":                     "team",
		"Tags.member.1.Value":                   "logs",
		"TransitiveTagKeys.member.1":            "team",
		"SourceIdentity":                        "jane",
		"SerialNumber":                          "arn:aws-us-gov:iam::123456789012:mfa/device",
		"TokenCode":                             "123456",
		"ProvidedContexts.member.1.ProviderArn": "arn:aws-us-gov:iam::aws:contextProvider/IdentityCenter",
		"ProvidedContexts.member.1.ContextAssertion": planted,
	} {
		if got := b.sts.form.Get(name); got != want {
			t.Errorf("%s is sent as %q, want %q", name, strings.ReplaceAll(got, planted, "***"),
				strings.ReplaceAll(want, planted, "***"))
		}
	}
}

// TestMetrics: CredProxy's metrics and ours count by service, until it is removed.
func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestServer(t, two)
		for range 3 {
			b.get(tokenOne)
		}
		b.get("wrong")
		b.get("")
		time.Sleep(time.Minute)
		text := b.scrape()
		for _, want := range []string{
			`credproxy_requests_total{result="success",service_name="one"} 3`,
			`credproxy_requests_total{result="denied_invalid_token",service_name="unknown"} 1`,
			`credproxy_requests_total{result="denied_missing_token",service_name="unknown"} 1`,
			`credproxy_request_duration_seconds_count{result="success",service_name="one"} 3`,
			`credproxy_active_services_total 3`,
			`credproxy_app_info{name="sluice",version="test"} 1`,
			`sluice_sidecar_requests_total{face="container",result="success"} 3`,
			`sluice_sidecar_refusals_total{face="container",status="401"} 2`,
			`sluice_sidecar_refreshes_total{result="success",service="one"} 1`,
			`sluice_sidecar_refresh_duration_seconds_count{service="one"} 1`,
			`sluice_sidecar_key_age_seconds{service="one"} 60`,
			`sluice_sidecar_key_expires_seconds{service="one"} 840`,
		} {
			if !strings.Contains(text, want+"\n") {
				t.Errorf("metrics lack %s", want)
			}
		}
		if strings.Contains(text, planted) || strings.Contains(text, "ASIA") {
			t.Error("metrics show a key")
		}
		write(t, b.main, strings.Replace(two, "  one:", "  other:", 1))
		b.files.reload(context.Background())
		if text := b.scrape(); strings.Contains(text, `"one"`) {
			t.Error("metrics still have the service that is gone")
		}
	})
}

// scrape returns the metrics.
func (b *testServer) scrape() string {
	w := &body{header: http.Header{}}
	b.metrics.handler(config.Listener{}).ServeHTTP(w, request("GET /metrics"))
	return w.String()
}

// body keeps an answer's text.
type body struct {
	strings.Builder
	header http.Header
}

func (w *body) Header() http.Header { return w.header }
func (w *body) WriteHeader(int)     {}

// TestKeepsFresh: a key that was asked for once is fresh hours later, though it was
// not asked for since. A code of an MFA device works only once and is not tried again.
func TestKeepsFresh(t *testing.T) {
	coded := strings.Replace(one, "{RoleArn:",
		`{SerialNumber: "arn:aws:iam::123456789012:mfa/device", TokenCode: "123456", RoleArn:`, 1)
	if coded == one {
		t.Fatal("the service has no role")
	}
	for text, keeps := range map[string]bool{one: true, coded: false} {
		synctest.Test(t, func(t *testing.T) {
			b := newTestServer(t, text) // keys live 15 min
			b.get(tokenOne)
			time.Sleep(10 * time.Hour)
			synctest.Wait()
			before := b.sts.calls.Load()
			if keeps && before < 40 || !keeps && before != 1 {
				t.Errorf("keeps %v: STS was asked %d times in ten hours", keeps, before)
			}
			if status, _ := b.get(tokenOne); keeps && (status != http.StatusOK || b.sts.calls.Load() != before) {
				t.Errorf("%d after %d more calls, want a key that is there", status, b.sts.calls.Load()-before)
			}
		})
	}
}
