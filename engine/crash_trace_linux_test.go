package engine_test

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine/vfs"
)

// marksFD is where a traced program says what it is about to do and what has been
// acknowledged: in the trace these writes stand among those to its files.
const marksFD = 3

// sysCall is one system call of a trace, from its entry to its return.
type sysCall struct {
	name       string
	args       []string
	result     int
	begin, end int // lines of the trace
}

// traced are the calls that change files or say when they are durable, and those
// that would change them behind the recorder's back, which are refused.
const traced = "openat,openat2,open,creat,close,dup,dup2,dup3,fcntl,lseek,mmap,msync," +
	"write,pwrite64,writev,pwritev,pwritev2,ftruncate,truncate,fallocate,copy_file_range,sendfile,splice," +
	"fsync,fdatasync,sync_file_range,sync,syncfs,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat,symlink,symlinkat"

// record runs a test of this binary, which works below root, under strace and
// returns its system calls. bbolt writes truth.db by itself, without a layer to
// put a recorder into; what the kernel is told is the whole of what it does.
func record(t *testing.T, test, root string) []sysCall {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("strace is missing: make setup installs it")
		}
		t.Skip("CRASH IMAGES NOT TESTED: strace is missing, make setup installs it")
	}
	file := filepath.Join(t.TempDir(), "trace")
	marks, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer marks.Close()
	cmd := exec.Command(strace, "-f", "-xx", "-s", "67108864", "-e", "trace="+traced, "-e", "signal=none", "-o", file,
		os.Args[0], "-test.run", "^"+test+"$", "-test.count", "1")
	cmd.Env = append(os.Environ(), workloadRoot+"="+root)
	cmd.ExtraFiles = []*os.File{marks}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	calls, err := parseTrace(file)
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

// moment is when a call's effect begins. A descriptor is there when open returns,
// and may be that of a close which began meanwhile.
func (c *sysCall) moment() int {
	if strings.HasPrefix(c.name, "open") {
		return c.end
	}
	return c.begin
}

// parseTrace reads what strace -f -xx wrote, in the order of moments.
func parseTrace(file string) (calls []sysCall, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	open := map[string]struct {
		text  string
		begin int
	}{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<30)
	for at := 0; lines.Scan(); at++ {
		thread, text, _ := strings.Cut(lines.Text(), " ")
		text = strings.TrimSpace(text)
		begin := at
		if head, cut := strings.CutSuffix(text, "<unfinished ...>"); cut {
			open[thread] = struct {
				text  string
				begin int
			}{head, at}
			continue
		}
		if strings.HasPrefix(text, "<... ") {
			_, rest, _ := strings.Cut(text, " resumed>")
			text, begin = open[thread].text+rest, open[thread].begin
			delete(open, thread)
		}
		if strings.HasPrefix(text, "+++") || strings.HasPrefix(text, "---") {
			continue
		}
		c, ok := parseCall(text)
		if !ok {
			return nil, fmt.Errorf("line %d of the trace: %.200s", at+1, text)
		}
		c.begin, c.end = begin, at
		calls = append(calls, c)
	}
	slices.SortStableFunc(calls, func(a, b sysCall) int { return a.moment() - b.moment() })
	return calls, lines.Err()
}

// parseCall splits "name(arg, arg) = result"; strings become what they stand for.
func parseCall(text string) (c sysCall, ok bool) {
	at := strings.LastIndex(text, " = ")
	if at < 0 {
		return c, false
	}
	head, result := strings.TrimSpace(text[:at]), text[at+3:]
	name, args, ok := strings.Cut(strings.TrimSuffix(head, ")"), "(")
	if !ok {
		return c, false
	}
	c.name = name
	for arg := range strings.SplitSeq(args, ", ") { // -xx leaves no comma within a string
		arg = strings.TrimSpace(arg)
		if quoted, isString := strings.CutPrefix(arg, `"`); isString {
			if !strings.HasSuffix(quoted, `"`) {
				return c, false // cut short
			}
			data, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSuffix(quoted, `"`), `\x`, ""))
			if err != nil {
				return c, false
			}
			arg = string(data)
		}
		c.args = append(c.args, arg)
	}
	c.result = -1
	if number, _, _ := strings.Cut(result, " "); number != "?" {
		n, err := strconv.ParseInt(number, 0, 64)
		c.result = int(n)
		return c, err == nil
	}
	return c, true
}

// player plays system calls to a disk.
type player struct {
	root string
	disk *vfs.Disk
	fds  map[int]*openFile
	late []lateSync             // syncs that have begun
	lies func(path string) bool // syncs that do nothing, of a path: to see what comes of it
}

type openFile struct {
	node  *vfs.Node
	path  string
	at    int64
	marks bool
}

type lateSync struct {
	end, mark int
	node      *vfs.Node
}

func newPlayer(root string) *player {
	return &player{root: root, disk: vfs.NewDisk(), fds: map[int]*openFile{marksFD: {marks: true}}}
}

// play plays a call and returns the mark that it was, if it was one. A write has
// begun to reach the disk when it is called; a sync makes durable what was written
// before it was called, once it has returned.
func (p *player) play(c sysCall) (mark string, err error) {
	p.returned(c.moment())
	if c.result < 0 {
		return "", nil
	}
	switch c.name {
	case "openat", "open", "creat":
		return "", p.open(c)
	case "mkdirat", "mkdir", "unlinkat", "unlink", "rmdir", "renameat", "renameat2", "rename", "linkat", "link":
		return "", p.name(c)
	case "sync", "openat2", "truncate", "symlink", "symlinkat":
		return "", fmt.Errorf("%s is not modelled", c.name)
	}
	number := func(i int) int {
		n, numberErr := strconv.ParseInt(c.args[i], 0, 64)
		err = errors.Join(err, numberErr)
		return int(n)
	}
	if c.name == "mmap" {
		if f := p.fds[number(4)]; f != nil && strings.Contains(c.args[2], "PROT_WRITE") && strings.Contains(c.args[3], "MAP_SHARED") {
			return "", fmt.Errorf("a file is written through a map, which no trace shows")
		}
		return "", nil
	}
	f := p.fds[number(0)]
	if f == nil {
		return "", nil // not below root
	}
	switch c.name {
	case "close":
		delete(p.fds, number(0))
	case "write":
		if f.marks {
			return c.args[1], nil
		}
		p.disk.Write(f.node, f.at, []byte(c.args[1][:c.result]))
		f.at += int64(c.result)
	case "pwrite64":
		p.disk.Write(f.node, int64(number(3)), []byte(c.args[1][:c.result]))
	case "ftruncate":
		p.disk.Resize(f.node, int64(number(1)))
	case "lseek":
		f.at = int64(c.result)
	case "fsync", "fdatasync":
		if p.lies == nil || !p.lies(f.path) {
			p.late = append(p.late, lateSync{c.end, f.node.Mark(), f.node})
		}
	case "fcntl":
		if strings.Contains(c.args[1], "F_DUPFD") {
			return "", fmt.Errorf("a descriptor is doubled")
		}
	case "mmap", "msync":
	default:
		return "", fmt.Errorf("%s of a file is not modelled", c.name)
	}
	return "", err
}

// returned ends the syncs that have returned before a moment.
func (p *player) returned(moment int) {
	p.late = slices.DeleteFunc(p.late, func(s lateSync) bool {
		if s.end < moment {
			s.node.Settle(s.mark)
		}
		return s.end < moment
	})
}

// below returns a path within root, false where it lies elsewhere.
func (p *player) below(path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, p.root)
	return rest, ok && (rest == "" || rest[0] == '/')
}

func (p *player) open(c sysCall) error {
	args := c.args
	if c.name == "openat" {
		args = args[1:] // paths are absolute
	}
	path, ok := p.below(args[0])
	if !ok {
		return nil
	}
	flags := args[1]
	if strings.Contains(flags, "O_APPEND") {
		return fmt.Errorf("O_APPEND is not modelled")
	}
	n, err := p.disk.Find(path)
	if strings.Contains(flags, "O_CREAT") || strings.Contains(flags, "O_TRUNC") {
		n, err = p.disk.Create(path, strings.Contains(flags, "O_TRUNC"))
	}
	p.fds[c.result] = &openFile{node: n, path: path}
	return err
}

func (p *player) name(c sysCall) error {
	var paths []string
	for _, arg := range c.args {
		if path, ok := p.below(arg); ok {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return nil
	}
	switch {
	case strings.HasPrefix(c.name, "mkdir"):
		return p.disk.Mkdir(paths[0])
	case strings.HasPrefix(c.name, "unlink"), c.name == "rmdir":
		return p.disk.Remove(paths[0])
	case len(paths) != 2:
		return fmt.Errorf("%s across the root", c.name)
	case strings.HasPrefix(c.name, "rename"):
		return p.disk.Rename(paths[0], paths[1])
	}
	return p.disk.Link(paths[0], paths[1])
}
