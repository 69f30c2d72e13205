package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/nexus-memory/nexus/engine/model"
)

// The exit codes; part of the command line's contract.
const (
	exitDone        = 0
	exitFailed      = 1
	exitWrongUse    = 2
	exitNothing     = 3
	exitInterrupted = 130 // 128 + SIGINT, as shells have it
)

// wrongUse is an error that the caller of the command has to mend.
type wrongUse struct{ error }

func (w wrongUse) Unwrap() error { return w.error }

func wrongUsef(format string, args ...any) error { return wrongUse{fmt.Errorf(format, args...)} }

// nothingFound says that there is no answer; nothing went wrong.
type nothingFound struct{ message string }

func (n nothingFound) Error() string { return n.message }

func (nothingFound) Unwrap() error { return model.ErrNotFound }

// interruption ends a verb after SIGINT or SIGTERM.
type interruption struct{}

func (interruption) Error() string { return "interrupted" }

func (interruption) Unwrap() error { return model.ErrCancelled }

var errInterrupted error = interruption{}

// exitCode returns the exit code of an error that is not nil.
func exitCode(ctx context.Context, err error) int {
	switch {
	case ctx.Err() != nil && errors.Is(err, model.ErrCancelled):
		return exitInterrupted
	case errors.As(err, new(wrongUse)):
		return exitWrongUse
	case errors.As(err, new(nothingFound)):
		return exitNothing
	}
	return exitFailed
}

// codeName returns the engine's name for the kind of an error.
func codeName(err error) string {
	switch {
	case errors.As(err, new(wrongUse)):
		return model.CodeInvalid.String()
	case errors.As(err, new(nothingFound)), errors.Is(err, fs.ErrNotExist):
		return model.CodeNotFound.String()
	case errors.Is(err, fs.ErrPermission) && model.CodeOf(err) == model.CodeInternal:
		return model.CodeForbidden.String()
	}
	return model.CodeOf(err).String()
}

// What of an error's text is for programs: the rooms it came through, and the
// kind at its end. A kind that says more than the words before it stays.
var (
	roomPrefix = regexp.MustCompile(`^((open|store|truth|add|get|list|delete|query|search|import|export|verify|compact|eval|train|ranker): |memory \d+: )+`)
	kindSuffix = regexp.MustCompile(`(: (invalid|not found|exists|locked|dimension|unsupported|forbidden|cancelled))+(; |$)`)
)

// inWords returns the text of an error for people.
func inWords(err error) string {
	parts := strings.Split(err.Error(), "\n") // of errors.Join
	for i, part := range parts {
		parts[i] = kindSuffix.ReplaceAllString(roomPrefix.ReplaceAllString(part, ""), "$3")
	}
	return printable(strings.Join(parts, "; "))
}

// report prints why a verb ended and returns the exit code.
func (a *app) report(ctx context.Context, args []string, err error) int {
	code := exitCode(ctx, err)
	if code == exitInterrupted && !errors.As(err, new(interruption)) {
		err = errInterrupted // where in the engine it was when the signal came says nothing
	}
	if a.json || slices.Contains(args, "--json") { // a wrong flag ends parsing before --json is seen
		var line struct {
			Error struct {
				Code    string `json:"code"`
				Message string `json:"message"`
			} `json:"error"`
		}
		line.Error.Code, line.Error.Message = codeName(err), strings.ReplaceAll(printable(err.Error()), "\n", "; ")
		json.NewEncoder(a.errOut).Encode(line)
	} else {
		fmt.Fprintf(a.errOut, "nexus: %s\n", inWords(err))
	}
	return code
}
