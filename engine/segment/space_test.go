package segment

import (
	"context"
	"testing"

	"github.com/nexus-memory/nexus/engine/embed"
	"github.com/nexus-memory/nexus/engine/text"
)

// foreign is an embedder of the name of words, as a build without the table sees it.
type foreign struct{}

func (foreign) Name() string                                     { return embed.WordsName }
func (foreign) Dim() int                                         { return embed.NewWords().Dim() }
func (foreign) Embed(context.Context, []string, []float32) error { return nil }

// TestSegmentsOfABuildWithoutTheTableAreMadeAnew: such a build takes the vectors to be in the
// truth, where they are not.
func TestSegmentsOfABuildWithoutTheTableAreMadeAnew(t *testing.T) {
	space, err := SpaceOf(foreign{})
	if err != nil {
		t.Fatal(err)
	}
	own := BuiltInSpace(text.English)
	if space.Name != own.Name || space.Dim != own.Dim {
		t.Fatalf("%s %d, want %s %d", space.Name, space.Dim, own.Name, own.Dim)
	}
	if own.Derived() == space.Derived() {
		t.Error("its segments are taken for own ones")
	}
	if hashing, ok := BuiltInSpaceOf(embed.HashingName, text.English); !ok || hashing.Derived() == own.Derived() {
		t.Error("hashing is taken for words")
	}
	if _, ok := BuiltInSpaceOf("another", text.English); ok {
		t.Error("another name is a built-in embedder's")
	}
}
