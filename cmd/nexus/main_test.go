//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// binary is the program under test, built once; shared is a directory that
// other users may enter, unlike those of t.TempDir.
var binary, shared string

// fileSizeEnv makes the test program limit the size of files and become the
// program under test.
const fileSizeEnv = "NEXUS_TEST_FILE_BYTES"

func TestMain(m *testing.M) {
	if limit := os.Getenv(fileSizeEnv); limit != "" {
		limitedExec(limit)
	}
	os.Exit(build(m))
}

func build(m *testing.M) int {
	var err error
	if shared, err = os.MkdirTemp("", "nexus-cli"); err != nil {
		return broken(err)
	}
	defer os.RemoveAll(shared)
	if err := os.Chmod(shared, 0o755); err != nil {
		return broken(err)
	}
	binary = filepath.Join(shared, "nexus")
	args := []string{"build", "-o", binary}
	if raceEnabled() {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		return broken(fmt.Errorf("%w\n%s", err, out))
	}
	os.Unsetenv("NEXUS_DB")
	os.Setenv("GORACE", "atexit_sleep_ms=0") // a program built with -race waits a second before it ends
	return m.Run()
}

func broken(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// raceEnabled reports whether this test was built with -race; the program then
// is as well.
func raceEnabled() bool {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}

func limitedExec(limit string) {
	bytes, err := strconv.ParseUint(limit, 10, 64)
	if err == nil {
		err = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: bytes})
	}
	if err == nil {
		err = syscall.Exec(os.Args[1], os.Args[1:], append(os.Environ(), fileSizeEnv+"="))
	}
	os.Exit(broken(err))
}

// deadline ends a program that hangs.
const deadline = 2 * time.Minute

// invocation is one run of the program.
type invocation struct {
	args         []string
	in           io.Reader
	env          []string
	unprivileged bool   // as a user without rights, if the test has them
	fileBytes    uint64 // limit on the size of files, 0 for none
}

type result struct {
	code        int
	out, errOut string
}

// nobody is a user that owns nothing.
const nobody = 65534

func (i invocation) command() *exec.Cmd {
	c := exec.Command(binary, i.args...)
	c.Env = append(os.Environ(), i.env...)
	if i.fileBytes > 0 {
		c = exec.Command(os.Args[0], append([]string{binary}, i.args...)...)
		c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", fileSizeEnv, i.fileBytes))
	}
	c.Dir = shared
	c.Stdin = i.in
	if i.unprivileged && os.Getuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return c
}

func (i invocation) run(t *testing.T) result {
	t.Helper()
	var out, errOut bytes.Buffer
	c := i.command()
	c.Stdout, c.Stderr = &out, &errOut
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(deadline, func() { c.Process.Kill() })
	defer timer.Stop()
	err := c.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) && !errors.Is(err, syscall.EPIPE) {
		t.Fatal(err)
	}
	r := result{c.ProcessState.ExitCode(), out.String(), errOut.String()}
	noTrace(t, r.errOut)
	return r
}

// noTrace fails where a program has died of a panic or a data race.
func noTrace(t *testing.T, errOut string) {
	t.Helper()
	for _, sign := range []string{"panic:", "goroutine ", "fatal error:", "DATA RACE"} {
		if strings.Contains(errOut, sign) {
			t.Fatalf("standard error has %q:\n%s", sign, errOut)
		}
	}
}

// nexus runs the program and wants an exit code.
func nexus(t *testing.T, want int, args ...string) result {
	t.Helper()
	r := invocation{args: args}.run(t)
	if r.code != want {
		t.Fatalf("nexus %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), r.code, want, r.out, r.errOut)
	}
	return r
}

// directory makes a directory that other users may enter.
func directory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(shared, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func writeFile(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// parseLines reads JSON lines; each has to be one whole object.
func parseLines[T any](t *testing.T, text string) (list []T) {
	t.Helper()
	for line := range strings.Lines(text) {
		var v T
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("no JSON line: %v\n%s", err, line)
		}
		list = append(list, v)
	}
	return list
}

func TestHelpNamesWhatFlagsTake(t *testing.T) {
	typeOfGo := regexp.MustCompile(`--[a-z-]+ [a-z]+[A-Za-z0-9]* `)
	for _, c := range newRootCommand(&app{}).Commands() {
		for line := range strings.Lines(c.LocalFlags().FlagUsages()) {
			if flag, use, _ := strings.Cut(strings.TrimSpace(line), "   "); typeOfGo.MatchString(flag+" ") || strings.Contains(use, "(default [])") {
				t.Errorf("nexus %s: %q", c.Name(), flag)
			}
		}
	}
}

func TestTimesOfFlags(t *testing.T) {
	for given, want := range map[string]string{
		"2024-05-31": "2024-05-31T00:00:00Z", "2024-05-31T18:00:00+02:00": "2024-05-31T16:00:00Z", "1717171200.5": "2024-05-31T16:00:00.5Z",
	} {
		f := addFlags{text: "x", time: given}
		if m, err := f.memory(); err != nil || m.EventTime.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("--time %s: %v, %v, want %s", given, m.EventTime, err, want)
		}
	}
	for _, given := range []string{"2024", "never", "NaN", "0x10", "1e15", "31.5.2024"} {
		f := addFlags{text: "x", time: given}
		if m, err := f.memory(); err == nil {
			t.Errorf("--time %s is %v", given, m.EventTime)
		}
	}
}
