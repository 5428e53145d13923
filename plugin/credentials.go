package main

import (
	"log/slog"

	"sluice/creds"
)

// onUpdate logs later changes of credentials, for all outputs of the process: they share
// their sources. Fluent Bit's log level belongs to an instance and is not known here.
func onUpdate(u creds.Update) {
	logUpdate(slog.New(logHandler{write: engineLog.line, who: allOutputs, level: slog.LevelInfo}), u)
}

// remedy is how to find out more.
const remedy = `run "sluice creds explain" as Fluent Bit's user to see why`

// logUpdate logs a change. That there are no credentials at start is said by each output.
func logUpdate(log *slog.Logger, u creds.Update) {
	switch {
	case u.Err != nil && u.Previous.Source == "" && u.Credentials.Source == "":
	case u.Err != nil && u.Credentials.Source == "":
		log.Error(remedy+": AWS credentials have expired; chunks are kept in the spool until there are others",
			"expired", u.Previous, "error", u.Err)
	case u.Err != nil:
		log.Warn(remedy+": AWS credentials cannot be renewed; the old ones are still used",
			"credentials", u.Credentials, "error", u.Err)
	case u.Previous.AccessKeyID != "":
		log.Info("AWS credentials were renewed", "credentials", u.Credentials)
	}
}
