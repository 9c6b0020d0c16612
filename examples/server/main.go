// Server is a streaming model server, or a gateway in front of one, that
// knows what its users wait for.
//
//	go run . -addr 127.0.0.1:8080
//	go run . -addr 127.0.0.1:8080 -upstream http://127.0.0.1:8000
//
// Without -upstream it is a model of its own, which streams made-up answers in
// OpenAI's format and times them with a metrics.TraceRecorder in the handler:
// see model.go and stream.go. With -upstream it hands requests on to any server of that
// kind and leaves the timing to package tap: see proxy.go. Either way the
// record of each request ends in a board: see board.go.
//
//	/v1/chat/completions   answers
//	/metrics               what Prometheus scrapes
//	/report                a summary for people: since the start, and of the last minute
//
// On an interrupt it lets running answers end, for 10 s, and prints the report.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	grace = 10 * time.Second

	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run serves until ctx is done.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8080", "`address` to listen on")
	upstream := flags.String("upstream", "", "`URL` of the server to hand requests on to; none: answer them here")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitDone
		}
		return exitUsage
	}
	target, err := parseUpstream(*upstream)
	if err != nil || flags.NArg() > 0 {
		fmt.Fprintln(stderr, "usage: server [-addr ADDRESS] [-upstream URL]", flags.Args(), err)
		return exitUsage
	}

	logger := log.New(stderr, "server: ", log.LstdFlags)
	b, err := newBoard(time.Now(), logger)
	if err != nil {
		logger.Print(err)
		return exitFailed
	}
	answers := newModel(b)
	if target != nil {
		answers = newProxy(b, target, nil)
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		logger.Print(err)
		return exitFailed
	}
	fmt.Fprintf(stdout, "listening on http://%s\n", listener.Addr())
	if err := serve(ctx, listener, b.handler(answers), logger); err != nil {
		logger.Print(err)
		return exitFailed
	}
	b.report(stdout)
	return exitDone
}

func parseUpstream(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	if err == nil && (u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		err = fmt.Errorf("-upstream %q is no http URL", text)
	}
	return u, err
}

// errShutdown is why answers are cut that do not end in time.
var errShutdown = errors.New("the server shuts down")

// serve serves until ctx is done, and then until the running answers have
// ended, or grace is over.
func serve(ctx context.Context, listener net.Listener, h http.Handler, logger *log.Logger) error {
	running, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	server := &http.Server{
		Handler: h, ErrorLog: logger, ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return running },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	// A streaming answer does not end because Shutdown waits for it; the cut
	// ends what is left, and gives it time to be recorded.
	timer := time.AfterFunc(grace, func() { cut(errShutdown) })
	defer timer.Stop()
	waiting, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace+time.Second)
	defer cancel()
	if err := server.Shutdown(waiting); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}
