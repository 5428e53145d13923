package conf

import (
	"fmt"
	"strconv"
	"time"
)

// custom makes a property with its own apply function.
func custom(name, def, description string, apply func(*Config, string) string) Property {
	return Property{Name: name, Type: String, Default: def, Description: description, apply: apply}
}

// typed makes a property of a type with its own apply function.
func typed(t Type, name, def, description string, apply func(*Config, string) string) Property {
	p := custom(name, def, description, apply)
	p.Type = t
	return p
}

func text(name, def, description string, field func(*Config) *string) Property {
	p := custom(name, def, description, func(c *Config, v string) string {
		*field(c) = v
		return ""
	})
	p.get = func(c *Config) string { return *field(c) }
	return p
}

func endpoint(name, description string, field func(*Config) *string) Property {
	p := custom(name, "", description, func(c *Config, v string) string {
		u, ok := parseEndpoint(v)
		if !ok {
			return "is not a valid endpoint: write host, host:port, http://host:port or https://host:port"
		}
		*field(c) = u
		return ""
	})
	p.get = func(c *Config) string { return *field(c) }
	return p
}

func boolean(name, def, description string, field func(*Config) *bool) Property {
	p := typed(Boolean, name, def, description, func(c *Config, v string) string {
		b, ok := parseBool(v)
		if !ok {
			return "is neither true (on, yes) nor false (off, no)"
		}
		*field(c) = b
		return ""
	})
	p.get = func(c *Config) string {
		if *field(c) {
			return "true"
		}
		return ""
	}
	return p
}

func size(name, def, description string, least, most int64, field func(*Config) *int64) Property {
	return typed(Size, name, def, description, func(c *Config, v string) string {
		n, ok := parseSize(v)
		switch {
		case !ok:
			return "is not a valid size: write bytes, or a number with K, M or G (1000, 1000000, 1000000000)"
		case n < least || n > most:
			return fmt.Sprintf("is out of range: %d to %d bytes (K, M and G are decimal)", least, most)
		}
		*field(c) = n
		return ""
	})
}

func period(name, def, description string, least time.Duration, field func(*Config) *time.Duration) Property {
	return typed(Time, name, def, description, func(c *Config, v string) string {
		d, ok := parseTime(v)
		switch {
		case !ok:
			return "is not a valid time: write seconds, or a whole number with s, m, h or d"
		case d < least:
			return fmt.Sprintf("is too short: at least %v", least)
		}
		*field(c) = d
		return ""
	})
}

func integer(name, def, description string, least, most int, field func(*Config) *int) Property {
	return typed(Integer, name, def, description, func(c *Config, v string) string {
		n, err := strconv.Atoi(v)
		if err != nil || n < least || n > most {
			return fmt.Sprintf("is out of range: a whole number from %d to %d", least, most)
		}
		*field(c) = n
		return ""
	})
}

// listed makes a property with its own apply and get functions, and no default.
func listed(name, description string, apply func(*Config, string) string, get func(*Config) string) Property {
	p := custom(name, "", description, apply)
	p.get = get
	return p
}

// optionalPeriod makes a property without a default.
func optionalPeriod(name, description string, least time.Duration, field func(*Config) *time.Duration) Property {
	p := period(name, "", description, least, field)
	p.get = func(c *Config) string {
		if *field(c) == 0 {
			return ""
		}
		return strconv.FormatInt(int64(*field(c)/time.Second), 10)
	}
	return p
}

// alias makes a property of another name that does the same.
func alias(name string, of Property) Property {
	return Property{
		Name: name, Type: of.Type, Description: "The same as " + of.Name + ".", Alias: of.Name, apply: of.apply,
	}
}

// later makes a property of the built-in output that this version refuses.
func later(name, what string) Property {
	return custom(name, "", "Not supported yet: "+what+".", func(*Config, string) string {
		return "is not supported yet (" + what + "): remove it, or keep this output on the built-in s3 plugin"
	})
}

// secret marks a property whose value is never printed.
func secret(p Property) Property {
	p.Secret = true
	return p
}

// travels marks a property that is recorded with the data.
func travels(p Property) Property {
	p.Travels = true
	return p
}
