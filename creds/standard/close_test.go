package standard_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sluice/creds"
	"sluice/creds/standard"
)

// stuck is a network whose requests end when they are cancelled, and not at once.
type stuck struct {
	asked chan struct{}
	ended atomic.Bool
}

func (s *stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	close(s.asked)
	<-r.Context().Done()
	time.Sleep(time.Second / 2) // of the bubble's clock; a source that takes longer is abandoned
	s.ended.Store(true)
	return nil, r.Context().Err()
}

// TestCloseWaitsForReplaced: a retrieval for a profile that was rewritten meanwhile ends before Close does.
func TestCloseWaitsForReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const file = "/home/me/.aws/config"
		files := &shelf{files: disk{file: "[default]\nrole_arn = " + ownRole + "\ncredential_source = Environment\n"}}
		network := &stuck{asked: make(chan struct{})}
		env := environment(nil, map[string]string{"HOME": "/home/me", "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"})
		env.Disk, env.Transport = files, network
		sources := standard.NewSources(env)
		provider := sources.Provider(standard.Options{Profile: "default"})
		go provider.Retrieve(t.Context())
		<-network.asked
		files.put(file, keysFile("NEW"))
		time.Sleep(2 * time.Second) // until the file is looked at
		if got, err := provider.Retrieve(t.Context()); err != nil || got.AccessKeyID != "NEW" {
			t.Errorf("after the file was rewritten: %v, %v", got, err)
		}
		if network.ended.Load() {
			t.Error("the retrieval that was under way was cancelled")
		}
		sources.Close()
		if !network.ended.Load() {
			t.Error("Close has not waited for the retrieval")
		}
	})
}

// TestChangedInOrder: changes of a file are told one after the other, and none after Close.
func TestChangedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const file = "/home/me/.aws/credentials"
		files := &shelf{files: disk{file: keysFile("KEY0")}}
		told, proceed := make(chan string, 9), make(chan struct{})
		env := environment(nil, map[string]string{"HOME": "/home/me"})
		env.Disk = files
		env.Changed = func(u creds.Update) {
			told <- u.Credentials.AccessKeyID
			<-proceed
		}
		sources := standard.NewSources(env)
		provider := sources.Provider(standard.Options{Profile: "default"})
		for _, key := range []string{"KEY1", "KEY2", "KEY3"} {
			files.put(file, keysFile(key))
			time.Sleep(2 * time.Second)
			if got, err := provider.Retrieve(t.Context()); err != nil || got.AccessKeyID != key {
				t.Errorf("%v, %v, want %s", got, err, key)
			}
		}
		synctest.Wait()
		if len(told) != 1 {
			t.Errorf("told of %d keys at once", len(told))
		}
		closed := make(chan struct{})
		go func() { sources.Close(); close(closed) }()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("Close has not waited for Changed")
		default:
		}
		close(proceed)
		<-closed
		close(told) // who is told later panics
		last := ""
		for key := range told {
			if key <= last {
				t.Errorf("told of %s after %s", key, last)
			}
			last = key
		}
	})
}
