// Package grafana tests deploy/grafana: that the rules and the dashboard are valid, that every metric in them is one of
// the running plugin's, and that a real Prometheus fires the alerts that it should, and no others.
package grafana

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	alertsFile    = "../../deploy/grafana/alerts.yaml"
	dashboardFile = "../../deploy/grafana/dashboard.json"
	docsFile      = "../../docs/monitoring.md"
)

// dashboard is what is tested of a dashboard.
type dashboard struct {
	SchemaVersion int
	Panels        []panel
	Templating    struct {
		List []struct{ Name, Type, Definition string }
	}
}

type panel struct {
	ID         int
	Title      string
	Datasource struct{ Type, UID string }
	GridPos    struct{ X, Y, W, H int }
	Targets    []struct{ Expr, RefID string }
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, dashboardFile)), &d); err != nil {
		t.Fatalf("%s: %v", dashboardFile, err)
	}
	return d
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// promtool runs Prometheus's tool, and wants it to be content.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	program, err := exec.LookPath("promtool")
	if err != nil {
		t.Skipf("promtool is not installed: %v", err)
	}
	if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// TestRules: the rules are valid, and fire on the series in testdata that they should.
func TestRules(t *testing.T) {
	promtool(t, "check", "rules", alertsFile)
	promtool(t, "test", "rules", "testdata/alerts_test.yaml")
}

// variables are what Grafana puts into an expression.
var variables = strings.NewReplacer("$name", ".*", "$__rate_interval", "5m")

// TestExpressions: Prometheus understands every expression of the dashboard.
func TestExpressions(t *testing.T) {
	var rules strings.Builder
	rules.WriteString("groups:\n  - name: panels\n    rules:\n")
	for _, p := range readDashboard(t).Panels {
		for _, query := range p.Targets {
			expr := variables.Replace(query.Expr)
			if strings.Contains(expr, "$") {
				t.Errorf("panel %s: there is no such variable in %s", p.Title, query.Expr)
			}
			fmt.Fprintf(&rules, "      - record: panel:%d_%s\n        expr: %q\n", p.ID, query.RefID, expr)
		}
	}
	file := filepath.Join(t.TempDir(), "panels.yaml")
	if err := os.WriteFile(file, []byte(rules.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "rules", file)
}

// TestDashboard: Grafana 10 reads the dashboard, whatever the data source is called, and no panel covers another.
func TestDashboard(t *testing.T) {
	const grafana10, columns = 38, 24
	d := readDashboard(t)
	if d.SchemaVersion < grafana10 {
		t.Errorf("the schema's version is %d, want %d or more", d.SchemaVersion, grafana10)
	}
	kinds := map[string]string{}
	for _, v := range d.Templating.List {
		kinds[v.Name] = v.Type
	}
	if kinds["datasource"] != "datasource" || kinds["name"] != "query" {
		t.Errorf("the variables are %v, want datasource and name", kinds)
	}
	taken, ids := map[[2]int]string{}, map[int]bool{}
	for _, p := range d.Panels {
		if from := p.Datasource; ids[p.ID] || len(p.Targets) == 0 || from.Type+from.UID != "prometheus${datasource}" {
			t.Errorf("panel %s: id %d, %d queries of %v", p.Title, p.ID, len(p.Targets), from)
		}
		ids[p.ID] = true
		if g := p.GridPos; g.X+g.W > columns {
			t.Errorf("panel %s is at %+v", p.Title, g)
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" {
					t.Fatalf("panel %s covers %s", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

// TestDocs: the page has a row for each panel, each alert, and each metric that they need.
func TestDocs(t *testing.T) {
	page := read(t, docsFile)
	want := func(what, row string) {
		t.Helper()
		if !strings.Contains(page, "\n| "+row+" |") {
			t.Errorf("%s has no row %q for a %s", docsFile, row, what)
		}
	}
	for _, p := range readDashboard(t).Panels {
		want("panel", p.Title)
	}
	for _, alert := range regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(read(t, alertsFile), -1) {
		want("alert", "`"+alert[1]+"`")
	}
	for name := range used(t) {
		if short, ours := strings.CutPrefix(name, prefix); ours {
			want("metric", "`"+short+"`")
		}
	}
}

// prefix is that of the plugin's metrics.
const prefix = "fluentbit_output_sluice_"

// used returns the metrics that the dashboard and the alerts need. Of a histogram it is the name without its suffix.
func used(t *testing.T) map[string]bool {
	t.Helper()
	texts := []string{read(t, alertsFile)}
	d := readDashboard(t)
	for _, v := range d.Templating.List {
		texts = append(texts, v.Definition)
	}
	for _, p := range d.Panels {
		for _, query := range p.Targets {
			texts = append(texts, query.Expr)
		}
	}
	names := map[string]bool{}
	for _, name := range metric.FindAllString(strings.Join(texts, "\n"), -1) {
		names[histogramPart.ReplaceAllString(name, "")] = true
	}
	return names
}

var (
	metric        = regexp.MustCompile(`\bfluentbit_\w+`)
	histogramPart = regexp.MustCompile(`_(bucket|sum|count)$`)
)
