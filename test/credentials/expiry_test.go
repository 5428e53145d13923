package credentials

import (
	"context"
	"strings"
	"testing"
	"time"

	"sluice/creds"
	"sluice/creds/standard"
	"sluice/test/testenv"
)

// What the output logs when credentials fail; the tests with bad ones look for it.
const (
	uploadFailed = "upload failed"
	keyRefused   = "refused the credentials"
)

// instanceRole returns the chain of an instance whose metadata service hands out an issuer's keys.
func instanceRole(t *testing.T, keys *issuer) creds.Provider {
	l := listen(t, "127.0.0.1:0")
	(&metadata{role: keys.document}).serve(t, l)
	env := map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://" + l.Addr().String()}
	return newSources(t, env, nil).Provider(standard.Options{})
}

func never() bool { return false }

// TestKeysExpire: short-lived keys are replaced for a minute, and no request uses an expired one.
func TestKeysExpire(t *testing.T) {
	t.Parallel()
	keys := world.iam.newIssuer(longLife, longLife)
	l := newLoaded(t, keys, instanceRole(t, keys))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	l.run(ctx, never)
	l.close(plenty)

	for _, bad := range []string{uploadFailed, keyRefused, "level=WARN", "level=ERROR"} {
		if lines := l.log.lines(bad); len(lines) > 0 {
			t.Errorf("%d lines of the log have %q, the first one is %s", len(lines), bad, lines[0])
		}
	}
	used, refused := keys.figures()
	if used < 3 || refused > 0 {
		t.Errorf("%d keys were used, and %d requests were made with a dead one", used, refused)
	}
	tally := l.tally()
	if err := tally.Err(); err != nil {
		t.Error(err)
	}
	t.Logf("%d keys, none older than %v; %d objects\n%s", used, keys.oldest, len(l.log.lines("stored object")), tally)
}

// TestKeysThatAreNeverReplaced: the S3 server does refuse expired keys, and the log says so.
func TestKeysThatAreNeverReplaced(t *testing.T) {
	t.Parallel()
	keys := world.iam.newIssuer(life, life)
	doc := keys.document()
	l := newLoaded(t, keys, creds.Static{Credentials: creds.Credentials{
		AccessKeyID:     doc.AccessKeyId,
		SecretAccessKey: doc.SecretAccessKey,
		SessionToken:    doc.Token,
	}})
	ctx, cancel := context.WithTimeout(t.Context(), plenty)
	defer cancel()
	l.run(ctx, func() bool { return len(l.log.lines(uploadFailed)) > 0 })
	l.close(time.Nanosecond) // there is nothing to wait for

	lines := l.log.lines(uploadFailed)
	if len(lines) == 0 || !strings.Contains(lines[0], "InvalidAccessKeyId") {
		t.Fatalf("the log has no refused upload:\n%s", &l.log)
	}
	if used, refused := keys.figures(); used != 1 || refused == 0 || len(l.log.lines("stored object")) == 0 {
		t.Errorf("%d keys were used and %d requests refused, want one that is good at first", used, refused)
	}
}

// TestKeysThatExpireEarly: the first sign of a key that becomes invalid early is the S3 server's refusal. The key is
// replaced, and nothing is lost.
func TestKeysThatExpireEarly(t *testing.T) {
	t.Parallel()
	keys := world.iam.newIssuer(time.Hour, life)
	l := newLoaded(t, keys, instanceRole(t, keys))
	ctx, cancel := context.WithTimeout(t.Context(), plenty)
	defer cancel()
	l.run(ctx, func() bool { used, _ := keys.figures(); return used == 2 })
	l.close(plenty)

	if used, refused := keys.figures(); used != 2 || refused == 0 || len(l.log.lines(keyRefused)) == 0 {
		t.Errorf("%d keys were used and %d requests refused, want a second key after a refusal, and a line about it; "+
			"log:\n%s", used, refused, &l.log)
	}
	if err := l.tally().Err(); err != nil {
		t.Error(err)
	}
}

// TestKeyRevoked: when several uploads are refused at once because their key was revoked, each is repeated once with
// the new key.
func TestKeyRevoked(t *testing.T) {
	t.Parallel()
	keys := world.iam.newIssuer(time.Hour, life)
	l := newLoaded(t, keys, instanceRole(t, keys))
	ctx, cancel := context.WithTimeout(t.Context(), plenty)
	defer cancel()
	l.feed(0)
	if err := testenv.Wait(ctx, nil, func() bool { return len(l.log.lines("stored object")) == 1 }); err != nil {
		t.Fatalf("the first key is not used: %v; log:\n%s", err, &l.log)
	}
	keys.revoke(workers)
	for stream := range streams {
		l.feed(stream)
	}
	l.close(plenty)

	if used, refused := keys.figures(); used != 2 || refused != workers {
		t.Errorf("%d keys were used and %d requests refused, want 2 and %d; log:\n%s", used, refused, workers, &l.log)
	}
	if lines := l.log.lines(uploadFailed); len(lines) > 0 {
		t.Errorf("%d uploads failed, the first one: %s", len(lines), lines[0])
	}
	if err := l.tally().Err(); err != nil {
		t.Error(err)
	}
}

// TestIssuer: the issuer does what the other tests rely on.
func TestIssuer(t *testing.T) {
	keys := world.iam.newIssuer(life, life)
	first := keys.document()
	if again := keys.document(); again != first {
		t.Errorf("two keys at once: %s, %s", first.AccessKeyId, again.AccessKeyId)
	}
	expires, err := time.Parse(time.RFC3339, first.Expiration)
	if left := time.Until(expires); err != nil || left > life || left < life-2*time.Second {
		t.Errorf("the key is said to live for %v more, %v", left, err)
	}
	look := func(k testenv.Keys) error {
		_, err := testenv.NewBucket(world.s3.Endpoint, world.s3.Region, "none", k).List(t.Context())
		return err
	}
	good := testenv.Keys{
		AccessKeyID:     first.AccessKeyId,
		SecretAccessKey: first.SecretAccessKey,
		SessionToken:    first.Token,
	}
	forged, stranger := good, good
	forged.SessionToken, stranger.AccessKeyID = "x", "ASIAX"
	for want, k := range map[string]testenv.Keys{
		"NoSuchBucket":       good,
		"InvalidToken":       forged,
		"InvalidAccessKeyId": stranger,
	} {
		if err := look(k); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("with %s: %v, want %s", k.AccessKeyID, err, want)
		}
	}
}
