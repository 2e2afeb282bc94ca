// Command landfall is the whole product in one binary: the gateway, its control
// plane in rehearsal, and the tools around them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set when a release is built.
var version = "dev"

type cli struct {
	Config string `help:"Configuration: where things are. Defaults to landfall.yaml, if there is one." placeholder:"FILE"`
	Data   string `help:"Data directory: keys, approvals, lists, records. Defaults to ./data." placeholder:"DIR"`
	Packs  string `help:"Folder laid over the embedded packs, file by file." placeholder:"DIR"`

	Serve    serveCmd    `cmd:"" help:"Serve the feature API; in a directory without keys, prepare a rehearsal first."`
	Try      tryCmd      `cmd:"" help:"Ask a running gateway; without a feature, list them with an example each."`
	Rehearse rehearseCmd `cmd:"" help:"Make releases as things stand now and approve them with the local keys."`
	Audit    auditCmd    `cmd:"" help:"Show what was recorded."`
	App      appCmd      `cmd:"" help:"Make and withdraw app keys."`
	Verify   verifyCmd   `cmd:"" help:"Check configuration, packs, snapshot and data without serving."`
	Model    modelCmd    `cmd:"" help:"Fetch and check the local model."`
	Quality  qualityCmd  `cmd:"" help:"Measure the running gateway's answers on a set of inputs."`
	Version  versionCmd  `cmd:"" help:"Print versions."`
}

func main() { os.Exit(run(os.Args[1:])) }

// run is main without the exit: 0 for success, 1 for a failure, 2 for a call
// that is wrong.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	exit := -1
	parser := kong.Must(&c, kong.Name("landfall"), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Description("Launches generative-AI features in regulated markets: nothing is served that was not approved."),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Exit(func(code int) { exit = code }))
	parsed, err := parser.Parse(args)
	if exit >= 0 {
		return exit
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "landfall:", err)
		return 2
	}
	cfg, err := readConfig(&c)
	if err == nil {
		err = parsed.Run(cfg)
	}
	if err != nil {
		if !errors.Is(err, errSaid) {
			fmt.Fprintln(os.Stderr, "landfall:", err)
		}
		return 1
	}
	return 0
}

// errSaid fails a command that has said why already.
var errSaid = errors.New("")

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println("landfall", version)
	return nil
}
