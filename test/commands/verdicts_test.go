package commands

import (
	"slices"
	"strings"
)

// twin is a second output, with the alias a.
const twin = classicOutput + "    alias a\n"

// verdicts are the configurations of TestVerdicts.
func verdicts() []verdict {
	return slices.Concat(valueVerdicts(), classicVerdicts(), yamlVerdicts(), includeVerdicts())
}

// valueVerdicts are about values and names.
func valueVerdicts() []verdict {
	const unset = "Fluent Bit only warns of variables that are not set"
	return []verdict{
		{name: "right", text: "<out>"},
		line("compresion gzip").no(),
		line("total_file_size 5Q").no(),
		line("ca_file DIR/nowhere.pem").no(),
		line("profile nowhere").but("the plugin waits for the profile to appear"),
		line("region garage"),
		line("storage_class HOT"),
		line("log_level loud").no(),
		line("log_level INFO"),
		line("storage.total_limit_size 5Q").no(),
		line("storage.total_limit_size 5MB"),
		line("tls on"),
		{name: "one spool for two", text: "<out>    alias a\n" + twin, two: true, refused: true},
		{name: "two spools", text: "<out>    alias a\n" + strings.Replace(twin, "alias a", "alias b", 1), two: true},
		line("tls.frob on").no(),
		line("active true"),
		line("alias a\n    alias b"),
		line("content_type a\n    Content_Type a").no(),
		line("net.keepalive off\n    net.keepalive off").no(),
		line("content_type ${SLUICE_UNSET}").but(unset),
		line("content_type ${SLUICE_UNSET:-a}"),
		line("total_file_size ${SLUICE_UNSET:-x}").no(),
		{name: "no bucket", text: "<in>[OUTPUT]\n    name sluice\n", refused: true},
		{name: "a URL", text: "<in>[OUTPUT]\n    name sluice\n    bucket s3://logs\n", refused: true},
		{name: "a region", text: "<in>[OUTPUT]\n    name sluice\n    bucket logs\n    region us-esat-1\n",
			refused: true},
		{name: "a class", text: "<in>[OUTPUT]\n    name sluice\n    bucket logs\n    storage_class standard\n",
			refused: true},
		{name: "host", text: "<in>[OUTPUT]\n    name sluice\n    bucket logs\n    host minio\n    store_dir DIR/s\n",
			stricter: "logs for another server would go to Amazon"},
		{name: "no folder", text: "<in>[OUTPUT]\n    name sluice\n    bucket logs\n    store_dir /proc/sluice\n",
			refused: true},
	}
}

// classicVerdicts are about the form of classic files.
func classicVerdicts() []verdict {
	return []verdict{
		line("# x"),
		line("content_type").no(),
		line("content_type  ").no(),
		line("content_type\ta").no(),
		line("  content_type a").no(),
		line("@SET a=b").no(),
		line("[x] y\n        z a"),
		{name: "a short name", text: "<in>[Out] x\n    name sluice\n    bucket logs\n    store_dir DIR/s\n" +
			"    endpoint http://127.0.0.1:1\n"},
		{name: "not indented", text: "<in>[OUTPUT]\nname sluice\nbucket logs\n", refused: true},
		{name: "tabs and blanks", text: "<out>\tcontent_type a\n", refused: true},
		{name: "no bracket", text: "<out>[OUTPUT\n", refused: true},
		{name: "no section", text: "    a b\n<out>", refused: true},
		{name: "CRLF", text: "<out>    content_type a\r\n"},
		{name: "@SET behind", text: "<out>    content_type ${A}\n@SET A=b\n"},
		{name: "@SET is not expanded", text: "<out>    total_file_size ${B}\n@SET A=5M\n@SET B=${A}\n", refused: true},
		{name: "a command alone", text: "<out>@SETTING\n", refused: true},
		{name: "a variable in a file", text: "@SET A=file://DIR/a\n<out>    total_file_size ${A}\n",
			more: map[string]string{"a": "5M\n"}},
	}
}

// yamlVerdicts are about the form of YAML files.
func yamlVerdicts() []verdict {
	return []verdict{
		{name: "right in YAML", yaml: true, text: "<out>"},
		entry("contentType: a"),
		entry("ContentType: a").no(),
		entry("content-type: a").no(),
		entry("use_put_object: true"),
		entry("region: [eu-west-1]"),
		entry("region: [eu-west-1, eu-west-2]").no(),
		entry("region: {a: b}").no(),
		entry("region:"),
		entry("total_file_size: null").no(),
		entry("content_type: a\n      content_type: a").no(),
		entry("match: a"),
		entry("processors: {logs: [{name: content_modifier, action: insert, key: a, value: b}]}"),
		entry("processors: [a]").no(),
		entry("routes: a"),
		entry("content_type: &a b"),
		entry("content_type: &a b\n      region: *a").no(),
		{name: "a map of outputs", yaml: true, text: "<in>      name: sluice\n      bucket: logs\n", refused: true},
		{name: "text", yaml: true, text: "<in>    - sluice\n", refused: true},
		{name: "env behind", yaml: true, text: "<out>      total_file_size: ${A}\nenv:\n  A: 5M\n"},
		{name: "env as a list", yaml: true, text: "<out>      total_file_size: ${A}\nenv:\n  - {name: A, value: 5M}\n"},
	}
}

// includeVerdicts are about files that include others.
func includeVerdicts() []verdict {
	more := map[string]string{"more.conf": "<out>"}
	moreYAML := map[string]string{"more.yaml": "<out>"}
	return []verdict{
		{name: "an include", text: "@include more.conf\n", more: more},
		{name: "an include with two blanks", text: "@INCLUDE  more.conf\n", more: more, refused: true},
		{name: "a pattern", text: "@INCLUDE mo*.conf\n", more: more},
		{name: "a pattern without files", text: "@INCLUDE no*.conf\n<out>", refused: true},
		{name: "an include twice", text: "@INCLUDE more.conf\n@INCLUDE more.conf\n", more: more, refused: true},
		{name: "a lost include", text: "@INCLUDE lost.conf\n<out>", refused: true},
		{name: "an include in a section", text: "<out>@INCLUDE more.conf\n    content_type ${A}\n",
			more: map[string]string{"more.conf": "@SET A=b\n"}},
		{name: "includes", yaml: true, text: "includes:\n  - more.yaml\n", more: moreYAML},
		{name: "includes of a pattern without files", yaml: true, text: "includes:\n  - no*.yaml\n<out>"},
		{name: "lost includes", yaml: true, text: "includes:\n  - lost.yaml\n<out>", refused: true},
		{name: "includes as text", yaml: true, text: "includes: more.yaml\n<out>", more: moreYAML, refused: true},
	}
}
