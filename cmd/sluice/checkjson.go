package main

import (
	"cmp"
	"encoding/json"
	"io"
)

// reportLine is a report in JSON. What scripts read is only ever added to.
type reportLine struct {
	Name        string        `json:"name"` // alias, or the plugin's
	File        string        `json:"file"`
	Line        int           `json:"line"` // 0 if it is not known
	OK          bool          `json:"ok"`
	Bucket      string        `json:"bucket"`
	Region      string        `json:"region"`
	Endpoint    string        `json:"endpoint"`
	Host        string        `json:"host"` // that is dialled
	Format      string        `json:"format"`
	Compression string        `json:"compression"`
	Key         string        `json:"key"`
	Mistakes    []mistakeLine `json:"mistakes"`
	Notes       []string      `json:"notes"`
	Live        *live         `json:"live,omitempty"` // with --live
}

// mistakeLine is a mistake in JSON.
type mistakeLine struct {
	Property string `json:"property"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Problem  string `json:"problem"`
}

func writeReportsJSON(out io.Writer, reports []report) error {
	lines := make([]reportLine, 0, len(reports))
	for _, r := range reports {
		lines = append(lines, r.line())
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(map[string][]reportLine{"outputs": lines})
}

func (r report) line() reportLine {
	alias, _ := r.section.last("alias")
	name, _ := r.section.get("name")
	line := reportLine{
		Name:        cmp.Or(alias, name, "sluice"),
		File:        r.section.at.file,
		Line:        r.section.at.line,
		OK:          r.ok(),
		Bucket:      r.example.Bucket,
		Region:      r.cfg.Region,
		Endpoint:    r.cfg.Endpoint,
		Format:      r.cfg.Format,
		Compression: r.cfg.Compression,
		Key:         r.example.Key,
		Mistakes:    []mistakeLine{},
		Notes:       append([]string{}, r.notes...),
		Live:        r.live,
	}
	if r.ok() {
		line.Host = r.host()
	}
	for _, m := range r.mistakes {
		line.Mistakes = append(line.Mistakes, mistakeLine{m.Property, m.at.file, m.at.line, m.at.column, m.Problem})
	}
	return line
}
