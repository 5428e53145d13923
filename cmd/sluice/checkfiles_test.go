package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCheckFiles: what the output could not read or write at its start is a mistake, and nothing is created.
func TestCheckFiles(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"config": "[profile logs]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = keys\n" +
			"[profile keys]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n" +
			"[profile lost]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = nowhere\n",
		"file": "",
	})
	env := vars{"AWS_CONFIG_FILE": "DIR/config"}
	with := func(property string) []string { return []string{"check", "bucket=logs", property} }
	checkAll(t, dir, []example{
		{name: "a profile", env: env, args: with("profile=logs"), stdout: []string{`: ok$`}},
		{name: "no such profile", env: env, args: with("profile=log"), code: 1, stdout: nothing, stderr: []string{
			`profile "log" cannot be used: write one that is in .*no such profile.*files DIR/config and /no-home/`}},
		{name: "half a profile", env: env, args: with("profile=lost"), code: 1, stderr: []string{`nowhere`}},
		{name: "no CA file", args: with("ca_file=DIR/ca.pem"), code: 1, stderr: []string{
			`ca_file "DIR/ca.pem" cannot be used: name a PEM file that this user can read .*no such file`}},
		{name: "no CA in the file", args: with("ca_file=DIR/file"), code: 1, stderr: []string{
			`ca_file "DIR/file" cannot be used`}},
		{name: "a folder to be created", args: with("store_dir=DIR/a/b"), stdout: []string{`: ok$`}},
		{name: "a file in place of a folder", args: with("store_dir=DIR/file"), code: 1, stderr: []string{
			`store_dir "DIR/file" cannot be written: let user \d+ write to DIR/file, .*is not a folder`}},
		{name: "a folder below a file", args: with("store_dir=DIR/file/a"), code: 1, stderr: []string{
			`store_dir "DIR/file/a" cannot be created: .*DIR/file is not a folder`}},
		{name: "the kernel's folder", args: with("store_dir=/proc/sluice"), code: 1, stderr: []string{
			`store_dir "/proc/sluice" cannot be created: .*/proc takes no files`}},
		{name: "in memory", args: with("store_dir=/dev/shm/sluice"), stdout: []string{
			`note  set store_dir to a folder on a disk: "/dev/shm/sluice" is in memory`}},
	})
	if _, err := os.Stat(filepath.Join(dir, "a")); !os.IsNotExist(err) {
		t.Errorf("check created the folder: %v", err)
	}
}

// TestCheckFolderOfOthers: a folder that this user may not write is a mistake.
func TestCheckFolderOfOthers(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	example{args: []string{"check", "bucket=logs", "store_dir=DIR/a"}, code: 1, stderr: []string{
		`store_dir "DIR/a" cannot be created: let user \d+ write to DIR, run check as .*permission denied`,
	}}.check(t, dir)
}
