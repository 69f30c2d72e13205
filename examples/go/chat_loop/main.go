// Chat_loop is a chat with memory and without a language model: what you say is kept,
// what you ask is answered from it.
//
//	go run ./examples/go/chat_loop [FOLDER] [USER]
//
// A line that ends with a question mark is a question; any other line is remembered. An
// empty line or the end of the input ends the chat.
package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

func main() {
	args := append(os.Args[1:], "", "")
	if err := chat(context.Background(), cmp.Or(args[0], "./chat-data"), cmp.Or(args[1], "me"), os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func chat(ctx context.Context, folder, user string, in io.Reader, out io.Writer) (err error) {
	db, err := engine.Open(folder, engine.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	lines := bufio.NewScanner(in)
	for lines.Scan() && strings.TrimSpace(lines.Text()) != "" {
		line := strings.TrimSpace(lines.Text())
		if strings.HasSuffix(line, "?") {
			err = answer(ctx, db, line, user, out)
		} else {
			err = remember(ctx, db, line, user, out)
		}
		if err != nil {
			return err
		}
	}
	return lines.Err()
}

func remember(ctx context.Context, db *engine.DB, line, user string, out io.Writer) error {
	ids, err := db.Add(ctx, engine.Memory{
		Text: line, Speaker: user, EventTime: time.Now(), Scope: engine.Scope{User: user, Session: "chat"},
	})
	if err == nil {
		fmt.Fprintf(out, "  noted, number %d\n", ids[0])
	}
	return err
}

// answer prints the best passages, or that nothing said so far has a word of the question.
func answer(ctx context.Context, db *engine.DB, question, user string, out io.Writer) error {
	a, err := db.Query(ctx, engine.Query{Text: question, K: 3, Scope: engine.Scope{User: user}})
	if err != nil {
		return err
	}
	known := 0
	for _, hit := range a.Hits {
		if hit.Factors[engine.Confidence] > 0 {
			fmt.Fprintf(out, "  %s %s\n", hit.EventTime.Format(time.DateOnly), hit.Text)
			known++
		}
	}
	if known == 0 {
		fmt.Fprintln(out, "I know nothing about that.")
	}
	return nil
}
