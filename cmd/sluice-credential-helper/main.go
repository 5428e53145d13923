// Command sluice-credential-helper is a credential_process for containers: it asks the sidecar for credentials and
// prints the document that AWS's SDKs read.
//
//	[default]
//	credential_process = /sluice/sluice-credential-helper
//
// It takes the address and the token from SLUICE_CREDENTIAL_URL and SLUICE_CREDENTIAL_TOKEN, or from moat's variables:
// MOAT_AWS_CREDENTIAL_URL and _TOKEN, or the older AGENTOPS_CREDENTIAL_URL and _TOKEN. On success it writes the JSON
// document to stdout; otherwise it writes one line to stderr and exits with 1. It has its own small HTTP client,
// because net/http would triple its size.
package main

import (
	"os"
	"time"
)

// timeout bounds the whole run.
const timeout = 10 * time.Second

func main() {
	document, err := fetch(sourceOf(os.Getenv), time.Now().Add(timeout))
	if err == nil {
		_, err = os.Stdout.Write(document)
	}
	if err != nil {
		os.Stderr.WriteString("sluice-credential-helper: " + err.Error() + "\n")
		os.Exit(1)
	}
}

// source is where the credentials come from.
type source struct {
	url, token string
	names      [2]string // of the two variables, for errors
}

// sourceOf reads the environment. SLUICE_ names win over moat's, and of those the newer ones.
func sourceOf(getenv func(string) string) source {
	s := source{}
	for _, prefix := range []string{"AGENTOPS_", "MOAT_AWS_", "SLUICE_"} {
		names := [2]string{prefix + "CREDENTIAL_URL", prefix + "CREDENTIAL_TOKEN"}
		if url := getenv(names[0]); url != "" || prefix == "SLUICE_" && s.url == "" {
			s = source{url, getenv(names[1]), names}
		}
	}
	return s
}
