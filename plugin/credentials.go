package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"sluice/creds"
	"sluice/internal/contain"
)

// credentialsTimeout bounds the search for credentials at start.
const credentialsTimeout = 15 * time.Second

// logCredentials logs at start which credentials were found, or why there are none yet. That
// is no reason to fail: data is safe in the spool meanwhile.
func logCredentials(ctx context.Context, log *slog.Logger, p creds.Provider, profile string) {
	ctx, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	var found creds.Credentials
	err := contain.Do(func() (err error) {
		found, err = p.Retrieve(ctx)
		return err
	})
	if errors.Is(ctx.Err(), context.Canceled) {
		return // the instance is stopping
	}
	if err != nil {
		log.Warn("no AWS credentials yet; chunks are kept in the spool until there are some; "+remedy(profile),
			"error", err)
		return
	}
	log.Info("found AWS credentials", "credentials", found)
}

// onUpdate logs later changes of credentials, for all outputs of the process: they share
// their sources. Fluent Bit's log level belongs to an instance and is not known here.
func onUpdate(u creds.Update) {
	logUpdate(slog.New(logHandler{out: os.Stderr, who: "[output:" + pluginName + "] ", level: slog.LevelInfo}), u)
}

// remedy returns how to find out more, about a profile if one is named.
func remedy(profile string) string {
	command := "sluice creds explain"
	if profile != "" {
		command += " --profile '" + profile + "'"
	}
	return fmt.Sprintf(`run "%s" as Fluent Bit's user to see why`, command)
}

func logUpdate(log *slog.Logger, u creds.Update) {
	switch {
	case u.Err != nil && u.Credentials.Source == "" && u.Previous.Source == "":
		log.Warn("a source of AWS credentials has none yet; chunks are kept in the spool until there are some; "+
			remedy(""), "error", u.Err)
	case u.Err != nil && u.Credentials.Source == "":
		log.Error("AWS credentials have expired; chunks are kept in the spool until there are others; "+remedy(""),
			"expired", u.Previous, "error", u.Err)
	case u.Err != nil:
		log.Warn("AWS credentials cannot be renewed; the old ones are still used; "+remedy(""),
			"credentials", u.Credentials, "error", u.Err)
	case u.Previous.AccessKeyID != "":
		log.Info("AWS credentials were renewed", "credentials", u.Credentials)
	}
}
