package model

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// Code is one of the closed set of error kinds that every language and
// transport of Nexus shares. The numbers are part of the ABI: append only.
type Code uint8

// The error kinds. Each says who has to act: Invalid, Dimension, NotFound,
// Exists and ReadOnly the caller; Busy, Deadline, Cancelled nobody (try again);
// Locked, NoSpace the operator; Corrupt and Internal are ours.
const (
	CodeOK Code = iota
	CodeInvalid
	CodeNotFound
	CodeExists
	CodeConflict
	CodeBusy
	CodeDeadline
	CodeCancelled
	CodeClosed
	CodeLocked
	CodeCorrupt
	CodeReadOnly
	CodeNoSpace
	CodeDimension
	CodeUnsupported
	CodeUnauthorised
	CodeForbidden
	CodeRateLimited
	CodeUnavailable
	CodeForked
	CodeInternal
	codeCount
)

var codeNames = [codeCount]string{
	"ok", "invalid", "not found", "exists", "conflict", "busy", "deadline", "cancelled", "closed", "locked",
	"corrupt", "read-only", "no space", "dimension", "unsupported", "unauthorised", "forbidden", "rate limited",
	"unavailable", "forked", "internal",
}

// String returns the name of the code as it is written in every language.
func (c Code) String() string {
	if c >= codeCount {
		return fmt.Sprintf("code %d", uint8(c))
	}
	return codeNames[c]
}

// kindError is the sentinel of one code; errors.Is finds it below any wrapping.
type kindError Code

func (e kindError) Error() string { return Code(e).String() }

// The sentinels that errors of the engine wrap. Test with errors.Is.
var (
	ErrInvalid     error = kindError(CodeInvalid)
	ErrNotFound    error = kindError(CodeNotFound)
	ErrExists      error = kindError(CodeExists)
	ErrConflict    error = kindError(CodeConflict)
	ErrBusy        error = kindError(CodeBusy)
	ErrDeadline    error = kindError(CodeDeadline)
	ErrCancelled   error = kindError(CodeCancelled)
	ErrClosed      error = kindError(CodeClosed)
	ErrLocked      error = kindError(CodeLocked)
	ErrCorrupt     error = kindError(CodeCorrupt)
	ErrReadOnly    error = kindError(CodeReadOnly)
	ErrNoSpace     error = kindError(CodeNoSpace)
	ErrDimension   error = kindError(CodeDimension)
	ErrUnsupported error = kindError(CodeUnsupported)
	ErrForbidden   error = kindError(CodeForbidden)
	ErrUnavailable error = kindError(CodeUnavailable)
	ErrInternal    error = kindError(CodeInternal)
)

// CodeOf returns the code of err: CodeOK for nil, the code of the sentinel it
// wraps, Deadline or Cancelled for a context's error, else Internal.
func CodeOf(err error) Code {
	var kind kindError
	switch {
	case err == nil:
		return CodeOK
	case errors.As(err, &kind):
		return Code(kind)
	case errors.Is(err, context.DeadlineExceeded):
		return CodeDeadline
	case errors.Is(err, context.Canceled):
		return CodeCancelled
	}
	return CodeInternal
}

// ErrorOf returns the sentinel of a code; that of Internal for OK and for a code
// of no kind.
func ErrorOf(c Code) error {
	if c == CodeOK || c >= codeCount {
		c = CodeInternal
	}
	return kindError(c)
}

// Rescue, deferred, turns a panic into an error of ErrInternal that names the place:
// a bug of ours costs the call, not the process that the engine lives in.
func Rescue(place string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: panic: %v\n%s: %w", place, p, debug.Stack(), ErrInternal)
	}
}

// FromContext turns the error of a context that ended into ErrDeadline or
// ErrCancelled, with the place that gave up. It returns nil while ctx runs.
func FromContext(ctx context.Context, place string) error {
	switch err := ctx.Err(); {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", place, ErrDeadline)
	default:
		return fmt.Errorf("%s: %w", place, ErrCancelled)
	}
}
