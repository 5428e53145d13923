package sidecar

import (
	"encoding/json"
	"slices"
	"testing"

	"sluice/sidecar/config"
)

// TestFacesOfTheSchema: the configuration accepts the faces that exist, and no others.
func TestFacesOfTheSchema(t *testing.T) {
	text, err := config.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Definitions struct {
			Listener struct {
				Properties struct {
					Faces struct{ Items struct{ Enum []string } }
				}
			}
		}
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range faces {
		names = append(names, f.name)
	}
	accepted := schema.Definitions.Listener.Properties.Faces.Items.Enum
	slices.Sort(names)
	slices.Sort(accepted)
	if !slices.Equal(accepted, names) {
		t.Errorf("the schema accepts the faces %v, want those that exist, %v", accepted, names)
	}
}

// TestUnknownFace: a listener with a face that does not exist is refused at start, and answers nothing.
func TestUnknownFace(t *testing.T) {
	s := newTestServer(t, one)
	l := config.Listener{Address: "127.0.0.1:1338", Faces: []string{"sftp"}}
	opts := s.opts
	opts.Config = &config.Config{Server: config.Server{Listeners: []config.Listener{l}}}
	_, err := New(t.Context(), opts)
	const want = `listener 127.0.0.1:1338: there is no face "sftp": ` +
		`write one of imds, process, container, pod-identity, sign`
	if err == nil || err.Error() != want {
		t.Errorf("New: %v, want %s", err, want)
	}
	for _, line := range []string{"GET /v1/credentials", "GET /role/one", "GET /_aws/credentials",
		"GET /latest/meta-data/"} {
		if w := s.ask(l, line, "Authorization: "+tokenOne); w.Code != 404 {
			t.Errorf("%s: %d, want 404", line, w.Code)
		}
	}
}
