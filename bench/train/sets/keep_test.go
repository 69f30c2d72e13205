package sets

import (
	"path/filepath"
	"testing"

	"github.com/nexus-memory/nexus/engine/rank/fit"
)

func TestWhatIsKeptIsMeasuredOnce(t *testing.T) {
	folder, measured := filepath.Join(t.TempDir(), "new"), 0
	measure := func() (*fit.Dataset, error) {
		measured++
		data := &fit.Dataset{Columns: []string{"a"}}
		return data, data.Add(fit.Group{ID: "q", Weight: 1}, []uint8{1}, []float32{2}, 1)
	}
	for range 2 {
		data, err := Kept(folder, "x.fit", []string{"a"}, measure)
		if err != nil || data.Rows() != 1 || data.Values[0][0] != 2 || measured != 1 {
			t.Fatalf("%+v %v, measured %d times", data, err, measured)
		}
	}
	if _, err := Kept(folder, "x.fit", []string{"b"}, measure); err == nil {
		t.Fatal("a file of other columns was taken")
	}
	if _, err := Kept("", "x.fit", []string{"a"}, measure); err != nil || measured != 2 {
		t.Fatalf("%v, measured %d times", err, measured)
	}
}
