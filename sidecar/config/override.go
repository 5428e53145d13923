package config

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// overrides are the settings that variables override, by the variable's name
// without its prefix. CredProxy documents these variables but ignores them.
var overrides = map[string][]string{
	"HOST":                             {"server", "host"},
	"PORT":                             {"server", "port"},
	"DEBUG":                            {"server", "debug"},
	"LOG_HEALTH_CHECKS":                {"server", "log_health_checks"},
	"REFRESH_BUFFER_SECONDS":           {"credentials", "refresh_buffer_seconds"},
	"RETRY_DELAY":                      {"credentials", "retry_delay"},
	"REQUEST_TIMEOUT":                  {"credentials", "request_timeout"},
	"DYNAMIC_SERVICES_ENABLED":         {"dynamic_services", "enabled"},
	"DYNAMIC_SERVICES_DIRECTORIES":     {"dynamic_services", "directories"},
	"DYNAMIC_SERVICES_RELOAD_INTERVAL": {"dynamic_services", "reload_interval"},
	"METRICS_PROMETHEUS_ENABLED":       {"metrics", "prometheus", "enabled"},
	"METRICS_PROMETHEUS_HOST":          {"metrics", "prometheus", "host"},
	"METRICS_PROMETHEUS_PORT":          {"metrics", "prometheus", "port"},
}

// override puts the variables that are set into a tree.
func override(tree map[string]any, env Environment) (mistakes Mistakes) {
	for name, path := range overrides {
		text := strings.TrimSpace(env.Setting(name))
		if text == "" {
			continue
		}
		value, problem := parseOverride(path[len(path)-1], text)
		if problem != "" {
			mistakes = append(mistakes, Mistake{
				File:    "environment",
				Path:    []string{env.prefix() + name},
				Value:   strconv.Quote(text),
				Problem: problem,
			})
			continue
		}
		setAt(tree, path, value)
	}
	slices.SortFunc(mistakes, func(a, b Mistake) int { return strings.Compare(a.Path[0], b.Path[0]) })
	return mistakes
}

// setAt sets a value, and makes the maps around it that are missing.
func setAt(in map[string]any, path []string, value any) {
	for _, step := range path[:len(path)-1] {
		next, ok := in[step].(map[string]any)
		if !ok {
			next = map[string]any{}
			in[step] = next
		}
		in = next
	}
	in[path[len(path)-1]] = value
}

// parseOverride parses a variable's text as the setting needs it.
func parseOverride(setting, text string) (value any, problem string) {
	switch setting {
	case "host":
		return text, ""
	case "debug", "log_health_checks", "enabled":
		return parseBool(text), ""
	case "directories":
		var list []any
		for _, path := range strings.Split(text, ",") {
			list = append(list, strings.TrimSpace(path))
		}
		return list, ""
	}
	if _, err := strconv.Atoi(text); err != nil {
		return nil, "is not a whole number"
	}
	return json.Number(text), ""
}

// parseBool parses a boolean as CredProxy does: what is not true is false.
func parseBool(text string) bool {
	return slices.Contains([]string{"true", "1", "yes", "on"}, strings.ToLower(strings.TrimSpace(text)))
}
