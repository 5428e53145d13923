package sidecar

// Config is a checked configuration. Its fields are described in schema.json.
type Config struct {
	Server      ServerConfig             `json:"server"`
	Credentials Refresh                  `json:"credentials"`
	Defaults    Source                   `json:"aws_defaults"`
	Services    map[string]ServiceConfig `json:"services"`
	Dynamic     Dynamic                  `json:"dynamic_services"`
	Metrics     struct {
		Prometheus Prometheus `json:"prometheus"`
	} `json:"metrics"`

	Warnings []string `json:"-"`
	files    []string // that references name
}

// ServerConfig says where applications ask.
type ServerConfig struct {
	Host            string     `json:"host"`
	Port            int        `json:"port"`
	AllowRemote     bool       `json:"allow_remote"`
	Hosts           []string   `json:"hosts"`
	Debug           bool       `json:"debug"`
	LogHealthChecks bool       `json:"log_health_checks"`
	RateLimit       int        `json:"rate_limit"` // per second and service
	Listeners       []Listener `json:"listeners"`
}

// Listener is an address and what is found there.
type Listener struct {
	Address     string   `json:"address"`
	Faces       []string `json:"faces"`
	Hosts       []string `json:"hosts"`
	AllowRemote bool     `json:"allow_remote"`
	SocketMode  string   `json:"socket_mode"`
	IMDS        *IMDS    `json:"imds"`
}

// IMDS is the instance that the face imds plays.
type IMDS struct {
	Service          string `json:"service"`
	V1               bool   `json:"v1"`
	HopLimit         int    `json:"hop_limit"`
	Region           string `json:"region"`
	AvailabilityZone string `json:"availability_zone"`
	InstanceID       string `json:"instance_id"`
	AccountID        string `json:"account_id"`
}

// Refresh says how keys are kept fresh; the numbers are seconds.
type Refresh struct {
	Buffer     int  `json:"refresh_buffer_seconds"`
	RetryDelay int  `json:"retry_delay"`
	Timeout    int  `json:"request_timeout"`
	Prefetch   bool `json:"prefetch"`
}

// Prometheus says where metrics are.
type Prometheus struct {
	Enabled bool   `json:"enabled"`
	Host    string `json:"host"`
	Port    int    `json:"port"`
}
