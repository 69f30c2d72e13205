package engine

import "github.com/nexus-memory/nexus/engine/model"

// ParseMatch reads a condition on words from its text form, which docs/match.md
// describes; Match.String writes it. ErrInvalid says at which byte what was wanted.
func ParseMatch(text string) (Match, error) { return model.ParseMatch(text) }

// MatchWord looks for a word in any of its forms.
//
//	engine.Query{Match: engine.MatchGroup(
//		[]engine.Match{engine.MatchWord("budget")},            // required
//		[]engine.Match{engine.MatchPrefix("plan")},            // counts where it is found
//		[]engine.Match{engine.MatchPhrase("a first draft")})}  // excluded
func MatchWord(text string) Match { return model.MatchWord(text) }

// MatchPhrase looks for words behind each other.
func MatchPhrase(text string) Match { return model.MatchPhrase(text) }

// MatchPrefix looks for words that start with text.
func MatchPrefix(text string) Match { return model.MatchPrefix(text) }

// MatchFuzzy looks for words that are a distance of 1 or 2 letters from text at most;
// 0 means what its length allows.
func MatchFuzzy(text string, distance int) Match { return model.MatchFuzzy(text, distance) }

// MatchGroup joins conditions; see model.Match. Match.In looks in one field alone.
func MatchGroup(required, optional, excluded []Match) Match {
	return model.MatchGroup(required, optional, excluded)
}
