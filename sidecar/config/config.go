// Package config reads the configuration of "sluice serve": YAML or JSON, in the
// form that schema.json describes, with references to variables and files.
//
//	c, err := config.Parse(ctx, "config.yaml", text, environment)
//
// A configuration that Parse returns is valid and complete: defaults are filled
// in, older spellings have been replaced and tokens are kept as hashes only.
package config

// Config is a valid configuration. schema.json describes its fields.
type Config struct {
	Server      Server             `json:"server"`
	Credentials Refresh            `json:"credentials"`
	Defaults    Source             `json:"aws_defaults"`
	Services    map[string]Service `json:"services"`
	Dynamic     Dynamic            `json:"dynamic_services"`
	Metrics     struct {
		Prometheus Prometheus `json:"prometheus"`
	} `json:"metrics"`

	Warnings   []string `json:"-"` // what works but is not wise, a sentence each
	References []string `json:"-"` // paths of the files that ${fromFile:…} names, sorted
}

// Server says where applications ask.
type Server struct {
	Host            string     `json:"host"`
	Port            int        `json:"port"`
	AllowRemote     bool       `json:"allow_remote"`
	Hosts           []string   `json:"hosts"`
	Debug           bool       `json:"debug"`
	LogHealthChecks bool       `json:"log_health_checks"`
	RateLimit       int        `json:"rate_limit"` // per second and service
	Listeners       []Listener `json:"listeners"`  // at least one
}

// Refresh says how keys are kept fresh. The numbers are seconds.
type Refresh struct {
	Buffer     int  `json:"refresh_buffer_seconds"`
	RetryDelay int  `json:"retry_delay"`
	Timeout    int  `json:"request_timeout"`
	Prefetch   bool `json:"prefetch"`
}

// Prometheus says where the metrics are.
type Prometheus struct {
	Enabled bool   `json:"enabled"`
	Host    string `json:"host"`
	Port    int    `json:"port"`
}
