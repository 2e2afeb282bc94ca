package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"landfall/internal/control"
)

type rehearseCmd struct {
	Expires time.Duration `help:"How long the approvals last, 720h; approves everything anew. Defaults to 90 days, for what is not approved." placeholder:"DURATION"`
}

// Run makes and approves releases; a gateway that runs on the same data takes
// them up within two seconds.
func (r *rehearseCmd) Run(cfg *Config) error {
	packs, err := cfg.packs()
	if err != nil {
		return err
	}
	engine, err := cfg.engine(packs, nil, nil)
	if err != nil {
		return err
	}
	made, err := newControl(cfg, packs, engine).Rehearse(r.Expires)
	if err != nil {
		return err
	}
	return writeMade(os.Stdout, made)
}

// writeMade is a row for each market, and below what changed: each change once, with
// the releases that it is in.
func writeMade(out io.Writer, made []control.Made) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "market\treleases\tas before\tAPPROVED\tuntil\tapproved now in rehearsal")
	for _, market := range marketsOf(made) {
		all := in(made, market)
		fresh := slices.DeleteFunc(slices.Clone(all), func(m control.Made) bool { return !m.New })
		_, _ = fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%s\n", market, len(all), len(all)-len(fresh), len(fresh), soonest(all).Format(time.RFC3339), named(fresh, len(all)))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	var order []string
	places := map[string][]control.Made{}
	for _, m := range made {
		for _, c := range m.Changes {
			if places[c] == nil {
				order = append(order, c)
			}
			places[c] = append(places[c], m)
		}
	}
	for _, c := range order {
		_, _ = fmt.Fprintf(out, "changed in %s: %s\n", where(places[c], len(made)), c)
	}
	return nil
}

func marketsOf(made []control.Made) (ids []string) {
	for _, m := range made {
		if !slices.Contains(ids, m.Market) {
			ids = append(ids, m.Market)
		}
	}
	return ids
}

func in(made []control.Made, market string) (all []control.Made) {
	for _, m := range made {
		if m.Market == market {
			all = append(all, m)
		}
	}
	return all
}

// soonest is the first end of an approval.
func soonest(made []control.Made) time.Time {
	return slices.MinFunc(made, func(a, b control.Made) int { return a.Expires.Compare(b.Expires) }).Expires
}

// named lists features, each with its release, where they are not all of the market's.
func named(made []control.Made, all int) string {
	if len(made) == all {
		return "all"
	}
	var names []string
	for _, m := range made {
		names = append(names, m.Feature+" "+m.Digest.Short())
	}
	return strings.Join(names, ", ")
}

// where names the releases of a change.
func where(made []control.Made, all int) string {
	if len(made) == all {
		return "every release"
	}
	var parts []string
	for _, market := range marketsOf(made) {
		var features []string
		for _, m := range in(made, market) {
			features = append(features, m.Feature)
		}
		parts = append(parts, market+" "+strings.Join(features, " "))
	}
	return strings.Join(parts, "; ")
}
