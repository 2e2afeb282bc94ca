package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// config is what the flags set.
type config struct {
	landfall string        // path of the binary under test
	dir      string        // where data directories are made; on a real disk, or durable means nothing
	out      string        // the file of rows
	rounds   int           // of each side, for each load
	round    time.Duration // how long a round begins requests
	hold     time.Duration // how long each load goes on at the end, for a profiler
	only     string        // the one load that is measured; "" for all
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is one of the roles: the two servers, or the load with everything around it.
func run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "partner":
		return serveRole(ctx, partner())
	case len(args) == 2 && args[0] == "proxy":
		h, err := proxy(args[1])
		if err != nil {
			return err
		}
		return serveRole(ctx, h)
	}
	cfg, err := parse(args)
	if err != nil {
		return err
	}
	return compare(ctx, cfg, os.Stdout, os.Stderr)
}

// parse refuses what would measure nothing.
func parse(args []string) (config, error) {
	var c config
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&c.landfall, "landfall", "bin/landfall", "the `binary` to measure")
	f.StringVar(&c.dir, "dir", "bin", "the `folder` in which the data directory is made")
	f.StringVar(&c.out, "out", "bench/latest.json", "the `file` of rows")
	f.IntVar(&c.rounds, "rounds", 3, "rounds of each side for each load")
	f.DurationVar(&c.round, "round", 2*time.Second, "how long a round begins requests")
	f.DurationVar(&c.hold, "hold", 0, "at the end, keep Landfall under each load for so long, for a profiler")
	f.StringVar(&c.only, "only", "", "measure this `load` alone: 1kb, stream200, chat200, paced200 or 100kb")
	quick := f.Bool("quick", false, "short rounds: a look, not a measurement")
	if err := f.Parse(args); err != nil {
		return c, err
	}
	if *quick {
		c.round = 300 * time.Millisecond
	}
	if c.rounds < 1 || c.round <= 0 || f.NArg() > 0 {
		return c, fmt.Errorf("want at least one round, a time above zero, and nothing after the flags")
	}
	return c, nil
}
