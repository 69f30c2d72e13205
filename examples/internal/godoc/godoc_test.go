package godoc

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/engine/jsonl"
)

// TestRecordsOfTheStandardLibrary: keys are unique, every record is a line that
// Nexus takes, the well-known ones are there, and a second run gives the same.
func TestRecordsOfTheStandardLibrary(t *testing.T) {
	root, err := FindRoot()
	if err != nil {
		t.Fatal(err)
	}
	byKey := map[string]Record{}
	kinds := map[string]int{}
	var order []string
	for r, err := range Records(root) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := byKey[r.Key]; twice {
			t.Errorf("key %s comes twice", r.Key)
		}
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if m, err := jsonl.Parse(line); err != nil || m.Key != r.Key || m.Text != r.Text || m.Session != r.Session {
			t.Errorf("%s is no line of Nexus: %v", r.Key, err)
		}
		byKey[r.Key] = r
		kinds[r.Meta.Kind]++
		order = append(order, r.Key)
	}
	t.Logf("%d records: %v", len(order), kinds)
	if len(order) < 5000 {
		t.Errorf("%d records, want more than 5,000", len(order))
	}
	for key, want := range map[string][3]string{ // kind, file, a part of the text
		"net/http":                   {"package", "src/net/http/", "package http // import \"net/http\""},
		"net/http.Client":            {"type", "src/net/http/client.go", "type Client struct"},
		"net/http.Client.Do":         {"method", "src/net/http/client.go", "func (c *Client) Do(req *Request) (*Response, error)"},
		"sync.OnceFunc":              {"func", "src/sync/oncefunc.go", "OnceFunc returns a function"},
		"sync.ExampleOnce":           {"example", "src/sync/example_test.go", "once.Do("},
		"io.EOF":                     {"var", "src/io/io.go", "EOF is the error"},
		"io.SeekStart":               {"const", "src/io/io.go", "SeekStart"},
		"sort.Example_sortKeys":      {"example", "src/sort/", "type earthMass float64"},
		"sort.Example_sortKeys#2":    {"example", "src/sort/", "// Output:"},
		"net/http.Client#2":          {"type", "src/net/http/client.go", "Timeout time.Duration"},
		"bufio.ExampleScanner_lines": {"example", "src/bufio/example_test.go", "scanner.Scan()"},
	} {
		r := byKey[key]
		if r.Meta.Kind != want[0] || !strings.HasPrefix(r.Source, want[1]) || !strings.Contains(r.Text, want[2]) {
			t.Errorf("%s is %+v, want %q", key, r, want)
		}
	}
	at := 0
	for r, err := range Records(root) {
		if err != nil || r.Key != order[at] {
			t.Fatalf("record %d is %s in a second run, was %s (%v)", at, r.Key, order[at], err)
		}
		if at++; at == 500 {
			break
		}
	}
}
