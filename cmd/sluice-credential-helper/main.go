// Command sluice-credential-helper is a credential_process for containers: it
// asks the sidecar and prints what AWS's SDKs read.
//
//	[default]
//	credential_process = /sluice/sluice-credential-helper
//
// It takes the address and the token from SLUICE_CREDENTIAL_URL and
// SLUICE_CREDENTIAL_TOKEN, or from AGENTOPS_CREDENTIAL_URL and _TOKEN. On success
// stdout has the JSON document; otherwise stderr has one line, and the exit code
// is 1. It speaks HTTP by itself, since net/http would treble its size.
package main

import (
	"os"
	"time"
)

// limit is how long it may take, all in all.
const limit = 10 * time.Second

func main() {
	document, err := fetch(settings(os.Getenv), time.Now().Add(limit))
	if err == nil {
		_, err = os.Stdout.Write(document)
	}
	if err != nil {
		os.Stderr.WriteString("sluice-credential-helper: " + err.Error() + "\n")
		os.Exit(1)
	}
}

// source is where the credentials are.
type source struct {
	url, token string
	names      [2]string // of the variables
}

// settings reads the environment; our names win over the older ones.
func settings(getenv func(string) string) source {
	s := source{}
	for _, prefix := range []string{"AGENTOPS_", "SLUICE_"} {
		names := [2]string{prefix + "CREDENTIAL_URL", prefix + "CREDENTIAL_TOKEN"}
		if url := getenv(names[0]); url != "" || prefix == "SLUICE_" && s.url == "" {
			s = source{url, getenv(names[1]), names}
		}
	}
	return s
}
