// Package embed turns texts into vectors whose cosine says how alike they are.
//
// Embedder is what the engine asks for; a model behind it is the user's choice.
// Words and Hashing are built in, for English and for other languages: they need no model
// beside the program, no file and no network.
package embed

import (
	"context"
	"errors"
)

// ErrShape is wrapped when the rows given do not fit the texts.
var ErrShape = errors.New("embed: rows do not fit the texts")

// Embedder turns texts into vectors of one fixed length.
//
// Implementations are safe for concurrent use and deterministic: the same text
// gives the same vector, whatever else is in the batch.
type Embedder interface {
	// Name identifies the embedder and its version, such as "hashing-v1-256". It
	// is stored with the data: vectors of different names are never compared.
	Name() string

	// Dim returns the length of every vector, above 0. It never changes.
	Dim() int

	// Embed fills rows, len(texts)*Dim() numbers, with one vector after another
	// in order of the texts: each of unit length, or zero where a text has nothing
	// to embed. On an error rows hold nothing of use. texts are not kept.
	Embed(ctx context.Context, texts []string, rows []float32) error
}
