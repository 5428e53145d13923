package sidecar

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"sluice/creds"
	"sluice/sidecar/config"
)

// face is one interface by which applications ask for credentials. To add one,
// define it in a file of its own, add it to faces, and add its name to
// config/schema.json.
type face struct {
	// name is the face's name in the configuration, the log and the metrics.
	name string
	// match reports whether a request's path belongs to the face.
	match func(path string) bool
	// find returns the service that a request is for, or why there is none.
	find func(*endpoint, *http.Request) (*service, *denial)
	// document returns what is encoded as the answer's JSON.
	document func(key creds.Credentials, now time.Time) any
	// deny writes a denial in the form that the face's clients read.
	deny func(*denial, http.ResponseWriter)
	// serve, if not nil, answers the requests that match in place of
	// endpoint.serveKey, which it may call.
	serve func(*endpoint, *face, http.ResponseWriter, *http.Request)
}

// faces are all there are. The first one of a listener that matches answers.
var faces = []*face{imdsFace, processFace, containerFace, podIdentityFace, signFace}

// findFace returns the face of a listener that a path belongs to, nil if there is
// none.
func findFace(l config.Listener, path string) *face {
	for _, f := range faces {
		if slices.Contains(l.Faces, f.name) && f.match(path) {
			return f
		}
	}
	return nil
}

// checkFaces returns an error if a listener has a face that does not exist.
func checkFaces(listeners []config.Listener) error {
	names := make([]string, len(faces))
	for i, f := range faces {
		names[i] = f.name
	}
	for _, l := range listeners {
		for _, name := range l.Faces {
			if !slices.Contains(names, name) {
				return fmt.Errorf("listener %s: there is no face %q: write one of %s",
					l.Address, name, strings.Join(names, ", "))
			}
		}
	}
	return nil
}

// isPath makes a match of one path.
func isPath(want string) func(string) bool {
	return func(path string) bool { return path == want }
}

// rolling is how long a key that never ends is said to live: clients need an end,
// and have to come back to notice a revocation.
const rolling = time.Hour

// expiration formats the end of a key as AWS does.
func expiration(key creds.Credentials, now time.Time) string {
	end := key.Expires
	if !key.CanExpire() {
		end = now.Add(rolling)
	}
	return formatTime(end)
}

func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
