package conformance

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/jsonl"
)

// learning runs the operations on what is learnt of a user.
func (r *runner) learning(s Step) (results, error) {
	var a struct {
		ID         engine.ID       `json:"id"`
		Value      float64         `json:"value"`
		User       string          `json:"user"`
		Tenant     string          `json:"tenant"`
		Question   string          `json:"question"`
		Shown      []engine.ID     `json:"shown"`
		Preference json.RawMessage `json:"preference"`
	}
	if err := s.arguments(&a); err != nil {
		return nil, err
	}
	ctx := context.Background()
	switch s.op() {
	case "learn":
		return results{}, r.db.Learn(ctx, engine.Feedback{Tenant: a.Tenant, User: a.User, Question: a.Question, ID: a.ID, Value: a.Value, Shown: a.Shown})
	case "set_preference":
		p, err := jsonl.ParsePreference(a.Preference)
		if err != nil {
			return nil, err
		}
		count, err := r.db.SetPreference(ctx, p)
		return results{{"count", count}}, err
	case "forget":
		count, err := r.db.Forget(ctx, a.Tenant, a.User)
		return results{{"count", count}}, err
	}
	p, err := r.db.Preference(ctx, a.Tenant, a.User)
	if err != nil {
		return nil, err
	}
	tree, err := timeless(jsonl.AppendPreference(nil, &p))
	return results{{"preference", tree}}, err
}

// timeless is a preference without the times of its judgements, which no two runs agree on.
func timeless(data []byte) (tree map[string]any, err error) {
	if err = json.Unmarshal(data, &tree); err != nil {
		return nil, err
	}
	list, ok := tree["judgements"].([]any)
	if !ok {
		return nil, fmt.Errorf("a preference without judgements")
	}
	for _, one := range list {
		delete(one.(map[string]any), "time")
	}
	return tree, nil
}
