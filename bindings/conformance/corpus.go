// Package conformance runs the corpus that every binding runs, on the engine
// itself: what it gives is what the others have to give (README.md).
package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Corpus is the file corpus.json.
type Corpus struct {
	Version int    `json:"version"`
	Cases   []Case `json:"cases"`
}

// Case is a sequence of steps that starts in an empty directory.
type Case struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Steps []Step `json:"steps"`
}

// Step is one operation: its members as they stand in the file, "expect" among
// them.
type Step map[string]json.RawMessage

// members lists which members a step of each operation may have besides "op"
// and "expect", in the order in which they are written.
var members = map[string][]string{
	"open":            {"path", "read_only", "dim", "segments_in_memory", "metric", "cache_bytes", "language", "compress_texts", "engine_timeout_us", "max_questions"},
	"close":           {},
	"add":             {"repeat", "memories"},
	"query":           {"text", "vector", "k", "tenant", "user", "agent", "session", "intent", "weights", "now", "as_of", "valid_at", "engines", "single_engine", "filter", "near", "match", "boosts", "fusion", "route", "explain", "explore", "explore_seed", "vector_effort", "asker", "impersonal"},
	"get":             {"id"},
	"get_by_key":      {"tenant", "key"},
	"list":            {"tenant", "user", "agent", "session", "filter"},
	"delete":          {"ids"},
	"delete_where":    {"tenant", "user", "agent", "session", "filter"},
	"update":          {"id", "if_version", "set", "clear", "remove_meta"},
	"supersede":       {"id", "memory"},
	"history":         {"id"},
	"feedback":        {"id", "value"},
	"learn":           {"id", "value", "user", "question", "tenant", "shown"},
	"preference":      {"user", "tenant"},
	"set_preference":  {"preference"},
	"forget":          {"user", "tenant"},
	"patterns":        {"kind", "limit", "since", "until", "tenant", "user", "agent", "session", "filter"},
	"anomalies":       {"limit", "min_score", "since", "until", "tenant", "user", "agent", "session", "filter"},
	"train":           {"path", "seed", "rounds", "force", "from_judgements"},
	"rollback_ranker": {},
	"stats":           {},
	"verify":          {},
	"compact":         {},
	"write":           {"path", "content"},
	"export":          {"path"},
	"import":          {"path"},
	"backup":          {"path"},
	"restore":         {"backup", "path"},
}

// Parse reads a corpus. An operation or a member that is not known fails.
func Parse(data []byte) (*Corpus, error) {
	var c Corpus
	if err := strict(data, &c); err != nil {
		return nil, fmt.Errorf("corpus: %w", err)
	}
	if c.Version != 1 {
		return nil, fmt.Errorf("corpus: version %d, want 1", c.Version)
	}
	for _, one := range c.Cases {
		for i, s := range one.Steps {
			if err := s.check(); err != nil {
				return nil, fmt.Errorf("corpus: case %q, step %d: %w", one.Name, i, err)
			}
		}
	}
	return &c, nil
}

// strict decodes JSON and refuses members that target has no place for.
func strict(data []byte, target any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(target)
}

func (s Step) op() string { return strings.Trim(string(s["op"]), `"`) }

func (s Step) check() error {
	known, ok := members[s.op()]
	if !ok {
		return fmt.Errorf("operation %s is not known", s["op"])
	}
	for name := range s {
		if name != "op" && name != "expect" && !slices.Contains(known, name) {
			return fmt.Errorf("%s has no member %q", s.op(), name)
		}
	}
	return nil
}

// arguments decodes what the operation takes, with every "$repeat" written out.
func (s Step) arguments(target any) error {
	given := maps.Clone(s)
	delete(given, "op")
	delete(given, "expect")
	data, err := json.Marshal(given)
	if err != nil {
		return err
	}
	var tree any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		return err
	}
	if data, err = json.Marshal(expand(tree)); err != nil {
		return err
	}
	return strict(data, target)
}

// expand replaces {"$repeat": text, "count": n} by that text, n times.
func expand(tree any) any {
	switch t := tree.(type) {
	case []any:
		for i := range t {
			t[i] = expand(t[i])
		}
	case map[string]any:
		text, ok := t["$repeat"].(string)
		count, isNumber := t["count"].(json.Number)
		if ok && isNumber {
			n, _ := count.Int64()
			return strings.Repeat(text, int(n))
		}
		for name := range t {
			t[name] = expand(t[name])
		}
	}
	return tree
}

// Format writes the corpus in its one form: a step a line.
func (c *Corpus) Format() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\"version\": %d, \"cases\": [\n", c.Version)
	for i, one := range c.Cases {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, "{\"name\": %s, \"about\": %s, \"steps\": [\n", quote(one.Name), quote(one.About))
		for j, s := range one.Steps {
			if j > 0 {
				b.WriteString(",\n")
			}
			b.WriteString("  ")
			if err := s.format(&b); err != nil {
				return nil, err
			}
		}
		b.WriteString("\n]}")
	}
	b.WriteString("\n]}\n")
	return b.Bytes(), nil
}

func (s Step) format(b *bytes.Buffer) error {
	fmt.Fprintf(b, "{\"op\": %s", s["op"])
	for _, name := range append(slices.Clone(members[s.op()]), "expect") {
		value, ok := s[name]
		if !ok {
			continue
		}
		fmt.Fprintf(b, ", %q: ", name)
		if err := json.Compact(b, value); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// quote returns s as JSON, with <, > and & as they are.
func quote(s string) string {
	return string(encode(s))
}

// encode is json.Marshal of a value that cannot fail, without escapes for HTML.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // values of this package alone
	}
	return bytes.TrimSpace(b.Bytes())
}
