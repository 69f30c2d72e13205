package engine_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/nexus-memory/nexus/engine"
)

// The five lines of the README.
func Example() {
	dir, err := os.MkdirTemp("", "nexus")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()

	db, err := engine.Open(dir, engine.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.Add(ctx, engine.Memory{Text: "Ann moved to Oslo in May."}, engine.Memory{Text: "Bob is allergic to peanuts."})
	answer, err := db.Query(ctx, engine.Query{Text: "Who moved to Oslo?"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Hits[0].Text)
	// Output: Ann moved to Oslo in May.
}
