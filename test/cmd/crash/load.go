package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// load posts the streams' lines to Fluent Bit's http input until it is ended. No line is offered twice.
type load struct {
	stop    context.CancelFunc
	posters sync.WaitGroup
}

func startLoad(addr string, streams []*stream) *load {
	ctx, stop := context.WithCancel(context.Background())
	l := &load{stop: stop}
	for _, s := range streams {
		l.posters.Go(func() { s.post(ctx, "http://"+addr+"/"+s.Tag) })
	}
	return l
}

// end ends the load; then the streams are the caller's again.
func (l *load) end() {
	l.stop()
	l.posters.Wait()
}

// post posts batches. Only one without a listener is posted again; what is not answered 201 may
// have been accepted or not.
func (s *stream) post(ctx context.Context, url string) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	tick := time.NewTicker(s.pause)
	defer tick.Stop()
	for ; ctx.Err() == nil; wait(ctx, tick) {
		lines := span{s.Count, s.Count + s.batch}
		var body bytes.Buffer
		_ = s.write(&body, lines) // to memory
		status, err := post(client, url, &body)
		var network *net.OpError
		if errors.As(err, &network) && network.Op == "dial" {
			continue
		}
		s.Count = lines.end
		if status != http.StatusCreated {
			s.unsure = append(s.unsure, lines)
			pause(ctx, afterFailure)
		}
	}
}

// afterFailure keeps the unsure few: while Fluent Bit stops, it does not answer.
const afterFailure = 200 * time.Millisecond

func post(client *http.Client, url string, body *bytes.Buffer) (status int, err error) {
	resp, err := client.Post(url, "application/json", body)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func wait(ctx context.Context, tick *time.Ticker) {
	select {
	case <-tick.C:
	case <-ctx.Done():
	}
}
