// Command nexus keeps and searches the memory of an application from the
// command line. It holds flags and wiring only; package engine does the work.
//
// Answers go to standard output, everything else to standard error. The exit
// code is 0 when done, 1 when something failed, 2 for wrong use, 3 when nothing
// was found and 130 when a signal ended it.
package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run executes one command line and returns its exit code. The first SIGINT or
// SIGTERM ends the verb in good order; a second one ends the process.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	a := &app{in: in, out: bufio.NewWriterSize(out, 64<<10), errOut: errOut}
	root := newRootCommand(a)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.began && !errors.As(err, new(wrongUse)) {
		err = wrongUse{err} // flags or arguments: no verb has run yet
	}
	if flushErr := a.out.Flush(); err == nil {
		err = flushErr
	}
	if err == nil {
		return exitDone
	}
	return a.report(ctx, args, err)
}
