package creds_test

import (
	"net/http"
	"testing"
	"time"

	"sluice/creds"
)

// server answers with a status and its own time.
type server struct {
	status int
	date   time.Time
}

func (s server) Do(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: s.status,
		Header:     http.Header{"Date": {s.date.UTC().Format(http.TimeFormat)}},
		Body:       http.NoBody,
	}, nil
}

// observe has the clock see an answer.
func observe(t *testing.T, clock *creds.Clock, answer server) {
	t.Helper()
	response, err := clock.Client(answer).Do(nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
}

func TestClock(t *testing.T) {
	machine := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	clock := creds.NewClock(func() time.Time { return machine }, nil)
	for _, c := range []struct {
		name         string
		status       int
		says         time.Duration
		want, offset time.Duration
	}{
		{"agreement", 403, 3 * time.Minute, 0, 0},
		{"an answer that refuses nothing", 200, 7 * time.Hour, 0, 0},
		{"a refusal at another time", 403, -7 * time.Hour, -7 * time.Hour, 0},
		{"much the same", 400, -7*time.Hour + time.Minute, -7 * time.Hour, 0},
		{"another time again", 400, time.Hour, time.Hour, 0},
		{"agreement later", 403, time.Minute, 0, 0},
	} {
		observe(t, clock, server{c.status, machine.Add(c.says)})
		if got := clock.Now().Sub(machine); got != c.want || clock.Offset() != c.want {
			t.Errorf("after %s: the clock is corrected by %v, want %v", c.name, got, c.want)
		}
	}
}

func TestClockThatIsSet(t *testing.T) {
	wall, ran := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), time.Duration(0)
	clock := creds.NewClock(func() time.Time { return wall }, func() time.Duration { return ran })
	observe(t, clock, server{403, wall.Add(-7 * time.Hour)})
	wall, ran = wall.Add(time.Hour), ran+time.Hour
	if got := clock.Now().Sub(wall); got != -7*time.Hour {
		t.Errorf("an hour later the correction is %v, want what was learned", got)
	}
	wall = wall.Add(-7 * time.Hour) // it is set right
	if got := clock.Now().Sub(wall); got != 0 {
		t.Errorf("the correction of a clock that was set is %v, want none", got)
	}
}

func TestExpiryGoesByTheService(t *testing.T) {
	machine := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	clock := creds.NewClock(func() time.Time { return machine }, nil)
	service := machine.Add(-7 * time.Hour) // the machine is seven hours ahead
	alive := creds.Credentials{
		AccessKeyID:     "A",
		SecretAccessKey: "s",
		Expires:         service.Add(6 * time.Hour),
		Source:          "test",
	}
	cache := creds.NewCache(creds.CacheOptions{Provider: aKey{alive}, Now: clock.Now})
	defer cache.Close()
	if _, err := cache.Retrieve(t.Context()); err == nil {
		t.Error("by the machine's clock the key has expired")
	}
	observe(t, clock, server{403, service})
	if _, err := cache.Retrieve(t.Context()); err != nil {
		t.Errorf("by the service's clock the key is valid: %v", err)
	}
}
