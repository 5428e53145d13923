package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"sluice/creds"
	"sluice/creds/standard"
)

func newCreds(w world) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "creds",
		Short: "Find AWS credentials as the plugin does",
		Args:  cobra.NoArgs,
		RunE:  needsSubcommand,
	}
	cmd.AddCommand(newCredsProcess(w), newCredsExplain(w))
	return cmd
}

// credsTimeout bounds the whole chain. A credential_process may take a minute.
const credsTimeout = 90 * time.Second

func profileFlag(cmd *cobra.Command, profile *string) {
	cmd.Flags().StringVar(profile, "profile", "",
		"`name` of a profile of the shared AWS files, in place of all other sources")
}

func newCredsProcess(w world) *cobra.Command {
	profile := ""
	cmd := &cobra.Command{
		Use:   "process",
		Short: "Print the credentials as a credential_process does",
		Long: `Print the credentials that the chain finds, in the form that AWS SDKs read from a
credential_process:

	[profile logs]
	credential_process = sluice creds process`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return failed(credsProcess(cmd.Context(), w, profile))
		},
	}
	profileFlag(cmd, &profile)
	return cmd
}

func credsProcess(ctx context.Context, w world, profile string) error {
	ctx, cancel := context.WithTimeout(ctx, credsTimeout)
	defer cancel()
	sources := standard.NewSources(standard.Environment{Getenv: w.getenv})
	found, err := sources.Provider(standard.Options{Profile: profile}).Retrieve(ctx)
	if err != nil {
		return err
	}
	return writeProcess(w.stdout, found)
}

// writeProcess writes the document that AWS SDKs read
// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html).
func writeProcess(out io.Writer, c creds.Credentials) error {
	doc := struct {
		Version         int
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string `json:",omitempty"`
		Expiration      string `json:",omitempty"`
		AccountID       string `json:"AccountId,omitempty"`
	}{
		Version:         1,
		AccessKeyID:     c.AccessKeyID,
		SecretAccessKey: c.SecretAccessKey,
		SessionToken:    c.SessionToken,
		AccountID:       c.AccountID,
	}
	if c.CanExpire() {
		doc.Expiration = c.Expires.UTC().Format(time.RFC3339)
	}
	if err := json.NewEncoder(out).Encode(doc); err != nil {
		return fmt.Errorf("write credentials: %w", err)
	}
	return nil
}
