package sidecar

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sluice/sidecar/config"
)

const withFolder = "dynamic_services: {enabled: true, directories: [{path: DIR}]}\n"

// dynamicService is a file of one service.
func dynamicService(name, token string) string {
	return "services: {" + name + ": {auth_token: " + token +
		", assumed_role: {RoleArn: 'arn:aws:iam::123456789012:role/" + name + "'}}}"
}

// TestFolder: files appear, change, break, move and go. Each step says which tokens
// are valid afterwards.
func TestFolder(t *testing.T) {
	b := newTestServer(t, withFolder+one)
	file := func(name string) string { return filepath.Join(b.dir, name) }
	token := func(n string) string { return planted + "-token-of-dynamic-" + n }
	for _, step := range []struct {
		name   string
		do     func()
		opens  []string // tokens
		closed []string
		logs   string
	}{
		{"nothing", func() {}, []string{tokenOne}, []string{token("a")}, ""},
		{"added", func() { write(t, file("a.yaml"), dynamicService("a", token("a"))) }, []string{tokenOne, token("a")},
			nil, "service added"},
		{"broken", func() { write(t, file("a.yaml"), "services: {a: {auth_token: 1}}") },
			[]string{tokenOne, token("a")}, nil, "the previous one stays in force"},
		{"half-written", func() { write(t, file("a.yaml"), "") }, []string{tokenOne, token("a")}, nil,
			"has no settings"},
		{"a service by its file's name", func() {
			write(t, file("bare.json"), `{"auth_token": "`+token("bare")+`", "pass_through": true}`)
		}, []string{token("a"), token("bare")}, nil, `"service":"bare"`},
		{"several in a file", func() {
			write(t, file("c.yaml"), "x-note: ignored\nserver: {port: 1}\nservices:\n"+
				"  c: {auth_token: "+token("c")+", pass_through: true}\n"+
				"  d: {auth_token: "+token("d")+", pass_through: true}")
		}, []string{token("c"), token("d")}, nil, ""},
		{"a name that is taken", func() { write(t, file("e.yaml"), dynamicService("one", token("e"))) },
			[]string{tokenOne}, []string{token("e")}, "is also defined in"},
		{"a token that is taken", func() { write(t, file("f.yaml"), dynamicService("f", tokenOne)) },
			[]string{tokenOne}, nil, "is also that of one"},
		{"a file of another kind", func() { write(t, file("g.yaml~"), dynamicService("g", token("g"))) }, nil,
			[]string{token("g")}, ""},
		{"repaired", func() { write(t, file("a.yaml"), dynamicService("a", token("a"))) }, []string{token("a")}, nil,
			""},
		{"renamed", func() { os.Rename(file("a.yaml"), file("z.yaml")) }, []string{token("a")}, nil, ""},
		{"removed", func() { remove(t, file("z.yaml")) }, []string{tokenOne, token("c")}, []string{token("a")},
			"service removed"},
		{"the folder is gone", func() { os.RemoveAll(b.dir) }, []string{tokenOne},
			[]string{token("c"), token("d"), token("bare")}, ""},
	} {
		before := len(b.log.String())
		step.do()
		b.files.reload(context.Background())
		for _, each := range step.opens {
			if status, _ := b.get(each); status != 200 {
				t.Errorf("%s: a token gets %d, want 200", step.name, status)
			}
		}
		for _, each := range step.closed {
			if status, _ := b.get(each); status != 401 {
				t.Errorf("%s: a token gets %d, want 401", step.name, status)
			}
		}
		if log := b.log.String()[before:]; !strings.Contains(log, step.logs) {
			t.Errorf("%s: the log lacks %q:\n%s", step.name, step.logs, log)
		}
	}
}

// TestProblemsAreLoggedOnce: a file that stays broken does not fill the log.
func TestProblemsAreLoggedOnce(t *testing.T) {
	b := newTestServer(t, withFolder)
	write(t, filepath.Join(b.dir, "a.yaml"), "nonsense: 1")
	write(t, filepath.Join(b.dir, "b.yaml"), dynamicService("x", planted+"-token-of-x"))
	write(t, filepath.Join(b.dir, "c.yaml"), dynamicService("x", planted+"-another-of-x"))
	for range 5 {
		b.files.reload(context.Background())
	}
	for _, problem := range []string{"nonsense is not a known setting", "c.yaml: service x is also defined in"} {
		if n := strings.Count(b.log.String(), problem); n != 1 {
			t.Errorf("%q was logged %d times, want once", problem, n)
		}
	}
}

// TestDefaultsOfFolders: the main file's defaults hold for the folders' files.
func TestDefaultsOfFolders(t *testing.T) {
	b := newTestServer(t, withFolder)
	write(t, filepath.Join(b.dir, "a.yaml"), dynamicService("a", tokenOne))
	b.files.reload(context.Background())
	b.get(tokenOne)
	b.files.reload(context.Background())
	if _, key := b.get(tokenOne); key != "ASIA1" {
		t.Errorf("after a reload that found no change: %s, want the same key", key)
	}
	if text := b.scrape(); !strings.Contains(text, `sluice_sidecar_reloads_total{result="success"} 1`) {
		t.Error("a file that did not change was read again")
	}
	text, err := os.ReadFile(b.main)
	if err != nil {
		t.Fatal(err)
	}
	write(t, b.main, "aws_defaults: {region: eu-west-1}\n"+string(text))
	b.files.reload(context.Background())
	if _, key := b.get(tokenOne); key != "ASIA2" {
		t.Errorf("with another region: %s, want another key", key)
	}
}

// TestUnreadableFolder: what cannot be seen is not gone.
func TestUnreadableFolder(t *testing.T) {
	b := newTestServer(t, withFolder)
	write(t, filepath.Join(b.dir, "a.yaml"), dynamicService("a", tokenOne))
	b.files.reload(context.Background())
	b.opts.Environment.ReadDir = func(context.Context, string) ([]fs.DirEntry, error) { return nil, fs.ErrPermission }
	b.files.reload(context.Background())
	if status, _ := b.get(tokenOne); status != 200 {
		t.Errorf("with a folder that cannot be read: %d, want 200", status)
	}
	if !strings.Contains(b.log.String(), "read services: permission denied") {
		t.Errorf("the log lacks the reason:\n%s", b.log)
	}
}

// TestRevokeMissing: what is removed is revoked before the other files are read.
func TestRevokeMissing(t *testing.T) {
	b := newTestServer(t, withFolder)
	a, other := filepath.Join(b.dir, "a.yaml"), filepath.Join(b.dir, "b.yaml")
	write(t, a, dynamicService("a", tokenOne))
	write(t, other, dynamicService("b", tokenTwo))
	b.files.reload(context.Background())
	remove(t, a)
	write(t, other, dynamicService("c", tokenTwo)) // it is being written
	b.files.revokeMissing(context.Background())
	if status, _ := b.get(tokenOne); status != 401 {
		t.Errorf("the removed file's token: %d, want 401", status)
	}
	if s := b.registry.find(tokenTwo); s == nil || s.name != "b" {
		t.Errorf("the other file's token opens %v, want b as before", s)
	}
	b.get(tokenTwo)
	if err := os.Rename(other, a); err != nil {
		t.Fatal(err)
	}
	write(t, a, dynamicService("b", tokenTwo))
	b.files.revokeMissing(context.Background())
	if status, key := b.get(tokenTwo); status != 200 || key != "ASIA1" {
		t.Errorf("a renamed file's token: %d %s, want its key as before", status, key)
	}
}

// TestSymlinkSwap: Kubernetes changes a mounted ConfigMap by replacing one link.
func TestSymlinkSwap(t *testing.T) {
	b := newTestServer(t, withFolder)
	for version, token := range map[string]string{"..1": tokenOne, "..2": tokenTwo} {
		if err := os.Mkdir(filepath.Join(b.dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(b.dir, version, "a.yaml"), dynamicService("a", token)+"\n# "+version)
	}
	link := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(b.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("..1", "..data")
	link("..data/a.yaml", "a.yaml")
	b.files.reload(context.Background())
	if status, _ := b.get(tokenOne); status != 200 {
		t.Errorf("before the swap: %d, want 200", status)
	}
	link("..2", "..tmp")
	if err := os.Rename(filepath.Join(b.dir, "..tmp"), filepath.Join(b.dir, "..data")); err != nil {
		t.Fatal(err)
	}
	b.files.reload(context.Background())
	if status, _ := b.get(tokenTwo); status != 200 {
		t.Errorf("after the swap: %d, want 200", status)
	}
}

// TestTokensRotate: an old token stays valid during the overlap, and the key stays
// the same.
func TestTokensRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTestServer(t, one)
		_, before := b.get(tokenOne)
		change := func(from, to string) {
			t.Helper()
			text, err := os.ReadFile(b.main)
			if err != nil {
				t.Fatal(err)
			}
			write(t, b.main, strings.Replace(string(text), from, to, 1))
			b.files.reload(context.Background())
		}
		change(tokenOne, tokenTwo)
		time.Sleep(200 * time.Second)
		change("services:", "x-unrelated: 1\nservices:") // another reload does not prolong it
		for token, want := range map[string]int{tokenOne: 200, tokenTwo: 200} {
			if status, key := b.get(token); status != want || key != before {
				t.Errorf("within the overlap: %d %s, want %d %s", status, key, want, before)
			}
		}
		time.Sleep(101 * time.Second)
		if status, _ := b.get(tokenOne); status != 401 {
			t.Errorf("the old token after the overlap: %d, want 401", status)
		}
		change("auth_token: "+tokenTwo, "token_overlap_seconds: 0\n    auth_token: "+tokenOne)
		if status, _ := b.get(tokenTwo); status != 401 {
			t.Errorf("the old token without an overlap: %d, want 401", status)
		}
	})
}

// TestOverlapYields: an old token that another service now has opens that service.
func TestOverlapYields(t *testing.T) {
	b := newTestServer(t, one)
	next := strings.ReplaceAll(one, tokenOne, tokenTwo)
	write(t, b.main, next+"  new: {auth_token: "+tokenOne+", pass_through: true}\n")
	b.files.reload(context.Background())
	if s := b.registry.find(tokenOne); s == nil || s.name != "new" {
		t.Errorf("the token opens %v, want the service that has it now", s)
	}
}

// TestChangedRole: after a change of the role, its old key is not handed out.
func TestChangedRole(t *testing.T) {
	b := newTestServer(t, one)
	b.get(tokenOne)
	write(t, b.main, strings.Replace(one, "role/one", "role/another", 1))
	b.files.reload(context.Background())
	if _, key := b.get(tokenOne); key != "ASIA2" ||
		b.sts.form.Get("RoleArn") != "arn:aws:iam::123456789012:role/another" {
		t.Errorf("got %s of %s, want another key of the new role", key, b.sts.form.Get("RoleArn"))
	}
}

// TestRemovedInFlight: a request that waits for a key while its service is removed
// does not get it.
func TestRemovedInFlight(t *testing.T) {
	for _, tt := range []struct {
		name, next string
		status     int
		key        string
	}{
		{"removed", "services: {other: {auth_token: " + tokenTwo + ", pass_through: true}}", 401, ""},
		{"changed", strings.Replace(one, "role/one", "role/another", 1), 200, "ASIA2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newTestServer(t, one)
				hold := b.sts.holdBack()
				var status int
				var key string
				done := make(chan struct{})
				go func() {
					defer close(done)
					status, key = b.get(tokenOne)
				}()
				synctest.Wait()
				write(t, b.main, tt.next)
				b.files.reload(context.Background())
				close(hold)
				<-done
				if status != tt.status || key != tt.key {
					t.Errorf("%d %q, want %d %q", status, key, tt.status, tt.key)
				}
			})
		})
	}
}

// TestMainFile: a broken or missing main file changes nothing, and changes that need
// a restart are named.
func TestMainFile(t *testing.T) {
	b := newTestServer(t, one)
	write(t, b.main, "services: nothing")
	b.files.reload(context.Background())
	remove(t, b.main)
	b.files.reload(context.Background())
	if status, _ := b.get(tokenOne); status != 200 {
		t.Errorf("with a broken, then without a main file: %d, want 200", status)
	}
	write(t, b.main, "server: {port: 1}\n"+one)
	b.files.reload(context.Background())
	for _, want := range []string{"services \\\"nothing\\\" is of type string", "no such file", `"setting":"server"`} {
		if !strings.Contains(b.log.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, b.log)
		}
	}
}

// TestTokenInAFile: a token's file is read again when it changes.
func TestTokenInAFile(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "token")
	write(t, secret, tokenOne+"\n")
	b := newTestServer(t, strings.Replace(one, tokenOne, "${fromFile:"+secret+"}", 1))
	write(t, secret, tokenTwo+"\n")
	b.files.reload(context.Background())
	for _, token := range []string{tokenOne, tokenTwo} {
		if status, _ := b.get(token); status != 200 {
			t.Errorf("a token gets %d, want 200: the old one's overlap has just begun", status)
		}
	}
	if !b.files.folders()[filepath.Dir(secret)] {
		t.Error("the token's folder is not watched")
	}
}

// TestUnusableService: a service that cannot be made leaves its predecessor in force,
// and keeps the sidecar from starting.
func TestUnusableService(t *testing.T) {
	b := newTestServer(t, one)
	broken := strings.Replace(one, "    assumed_role",
		"    source_credentials: {iam_profile: {profile_name: broken}}\n    assumed_role", 1)
	write(t, b.main, broken)
	b.files.reload(context.Background())
	if status, _ := b.get(tokenOne); status != 200 {
		t.Errorf("with a broken successor: %d, want 200", status)
	}
	c, err := config.Parse(context.Background(), "c", []byte(broken), machine(nil))
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(context.Background(), Options{Config: c, Environment: machine(nil), Sources: fakeSources{}})
	if err == nil || err.Error() != "service one cannot be used: no such profile" {
		t.Errorf("New: %v, want the reason", err)
	}
}

// TestIsRelevant: a change of a log in the configuration's folder is not relevant.
func TestIsRelevant(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "token")
	write(t, secret, tokenOne)
	b := newTestServer(t, withFolder+strings.Replace(one, tokenOne, "${fromFile:"+secret+"}", 1))
	for path, want := range map[string]bool{
		b.main: true, secret: true,
		filepath.Join(b.dir, "new.yaml"):                  true,
		filepath.Join(b.dir, "..data"):                    true,
		filepath.Join(b.dir, "new.log"):                   false,
		filepath.Join(filepath.Dir(b.main), "log"):        false,
		filepath.Join(filepath.Dir(b.main), "other.yaml"): false,
	} {
		if got := b.files.isRelevant(path); got != want {
			t.Errorf("isRelevant(%s) = %t, want %t", path, got, want)
		}
	}
}
