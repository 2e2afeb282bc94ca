package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"landfall"
	"landfall/internal/audit"
	"landfall/internal/control"
	"landfall/internal/snapshot"
	"landfall/internal/sqlite"
)

type auditCmd struct {
	List auditListCmd `cmd:"" help:"List records, the newest first."`
	Show auditShowCmd `cmd:"" help:"Show one record."`
}

type auditListCmd struct {
	JSON  bool `name:"json" help:"One record a line, both entries in it."`
	Limit int  `help:"At most so many; 0 for all." default:"0"`
}

func (a *auditListCmd) Run(ctx context.Context, cfg *Config) error {
	db, err := sqlite.OpenReader(cfg.Data)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	page, shown := audit.Page{Limit: 500}, 0
	for {
		records, err := db.List(ctx, page)
		if err != nil || len(records) == 0 {
			return err
		}
		for _, r := range records {
			write := audit.WriteLine
			if a.JSON {
				write = audit.WriteJSON
			}
			if err := write(os.Stdout, r); err != nil {
				return err
			}
			if shown++; a.Limit > 0 && shown == a.Limit {
				return nil
			}
			page.Before = r.Seq
		}
	}
}

type auditShowCmd struct {
	ID   string `arg:"" help:"Id of the answer."`
	JSON bool   `name:"json" help:"As one line of JSON."`
}

func (a *auditShowCmd) Run(ctx context.Context, cfg *Config) error {
	db, err := sqlite.OpenReader(cfg.Data)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	r, err := db.Get(ctx, a.ID)
	if err != nil {
		return err
	}
	if a.JSON {
		return audit.WriteJSON(os.Stdout, r)
	}
	if err := audit.WriteText(os.Stdout, r); err != nil {
		return err
	}
	appeals, err := db.Appeals(ctx, a.ID)
	if err != nil {
		return err
	}
	return audit.WriteAppeals(os.Stdout, appeals)
}

type appCmd struct {
	New    appNewCmd    `cmd:"" help:"Make an app; its key is shown once."`
	List   appListCmd   `cmd:"" help:"List apps."`
	Revoke appRevokeCmd `cmd:"" help:"Withdraw an app's key; it holds within two seconds."`
}

type appNewCmd struct {
	Name        string `arg:"" help:"What a person calls it."`
	Market      string `required:"" help:"Its market."`
	ShowsLabels bool   `help:"The app shows the words of the label itself."`
	// PersonalData, Feature and Quota are what the app is granted.
	PersonalData bool     `help:"The app may be given personal data that an answer found; else it is masked."`
	Feature      []string `help:"A feature the app may use; again for more. Defaults to all of its market." placeholder:"ID"`
	Quota        []string `help:"Requests admitted in a window, 1000/day or 20/second; again for more. Defaults to the configured ones." placeholder:"N/WINDOW"`
}

func (a *appNewCmd) app() (landfall.App, error) {
	app := landfall.App{Name: a.Name, Market: a.Market, ShowsLabels: a.ShowsLabels, PersonalData: a.PersonalData, Features: a.Feature}
	allowances, err := readAllowances("--quota", a.Quota)
	app.Allowances = allowances
	return app, err
}

func (a *appNewCmd) Run(ctx context.Context, cfg *Config) error {
	packs, err := cfg.packs()
	if err != nil {
		return err
	}
	market, err := packs.Market(a.Market)
	if err != nil {
		return err
	}
	for _, id := range a.Feature {
		if !slices.Contains(market.Features, id) {
			return fmt.Errorf("--feature %s: the market %s has %s", id, a.Market, strings.Join(market.Features, ", "))
		}
	}
	as, err := a.app()
	if err != nil {
		return err
	}
	return withApps(cfg, func(apps sqlite.Apps) error {
		app, key, err := apps.New(ctx, as)
		if err != nil {
			return err
		}
		fmt.Printf("id      %s\nmarket  %s\nkey     %s\n", app.ID, app.Market, key)
		fmt.Fprintln(os.Stderr, "The key is shown this once; only its hash is kept.")
		return nil
	})
}

type appListCmd struct{}

func (appListCmd) Run(ctx context.Context, cfg *Config) error {
	return withApps(cfg, func(apps sqlite.Apps) error {
		list, err := apps.List(ctx)
		for _, a := range list {
			state := "active"
			if a.Revoked > 0 {
				state = "revoked " + time.UnixMilli(a.Revoked).UTC().Format(time.RFC3339)
			}
			fmt.Printf("%s  %-5s  %s  %q  %s%s\n", a.ID, a.Market, time.UnixMilli(a.Created).UTC().Format(time.RFC3339), a.Name, state, rights(a.App))
		}
		return err
	})
}

// rights are what an app was granted besides asking.
func rights(a landfall.App) string {
	s := ""
	for _, r := range []struct {
		has  bool
		text string
	}{
		{a.ShowsLabels, "shows labels"}, {a.PersonalData, "personal data"},
		{len(a.Features) > 0, "features " + strings.Join(a.Features, " ")},
		{len(a.Allowances) > 0, fmt.Sprintf("quota %v", a.Allowances)},
	} {
		if r.has {
			s += "  " + r.text
		}
	}
	return s
}

type appRevokeCmd struct {
	ID string `arg:"" help:"Id of the app."`
}

func (a *appRevokeCmd) Run(ctx context.Context, cfg *Config) error {
	return withApps(cfg, func(apps sqlite.Apps) error { return apps.Revoke(ctx, a.ID) })
}

func withApps(cfg *Config, do func(sqlite.Apps) error) error {
	db, err := sqlite.Open(cfg.Data)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return do(sqlite.Apps{DB: db})
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

type verifyCmd struct{}

// Run checks everything that serving would, and tells every problem.
func (verifyCmd) Run(ctx context.Context, cfg *Config) error {
	var problems []error
	check := func(what string, err error, detail string) {
		if err != nil {
			problems = append(problems, err)
			fmt.Printf("BAD  %-10s %s\n", what, indent(err.Error()))
			return
		}
		fmt.Printf("ok   %-10s %s\n", what, detail)
	}
	packs, err := cfg.packs()
	check("config", err, "listen "+cfg.Listen+", data "+cfg.Data)
	if err == nil {
		verifyPacks(cfg, packs, check)
	}
	verifyData(ctx, cfg, check)
	if len(problems) > 0 {
		return errSaid
	}
	return nil
}

func indent(s string) string { return strings.ReplaceAll(s, "\n", "\n     ") }

func verifyData(ctx context.Context, cfg *Config, check func(string, error, string)) {
	dir := cfg.dir()
	trust, err := dir.Trust()
	check("keys", err, fmt.Sprintf("%d authorities pinned, rehearsal %t", len(trust.Authorities), trust.Rehearsal))
	if err != nil {
		return
	}
	gate := landfall.NewGate(trust, nil)
	check("approvals", dir.CheckApprovals(gate), dir.Approvals())
	verifySnapshot(gate, dir, check)
	db, err := sqlite.OpenReader(cfg.Data)
	if err != nil {
		check("records", err, "")
		return
	}
	defer func() { _ = db.Close() }()
	n, err := countRecords(ctx, db)
	check("records", err, fmt.Sprintf("%d", n))
	check("clock", checkClock(ctx, db, time.Now()), stamp(time.Now()))
}

func verifySnapshot(gate *landfall.Gate, dir control.Dir, check func(string, error, string)) {
	sealed, err := os.ReadFile(dir.Snapshot())
	if err == nil {
		err = snapshot.NewHolder(gate, nil).Load(sealed)
	}
	check("snapshot", err, dir.Snapshot())
	if err != nil {
		return
	}
	src, err := snapshot.Open(gate, sealed)
	if err != nil {
		return
	}
	snap, err := snapshot.Compile(gate, src)
	if err != nil {
		return
	}
	for _, m := range src.Markets {
		for _, r := range snap.Routes(m.Pack.ID) {
			check("release", r.Check(landfall.Serve), fmt.Sprintf("%s %s %s until %s", m.Pack.ID, r.Release().Feature, r.Digest().Short(), landfall.Unix(r.Approval().Expires).Format(time.RFC3339)))
		}
	}
}

func countRecords(ctx context.Context, db *sqlite.Reader) (int, error) {
	n, page := 0, audit.Page{Limit: 1000}
	for {
		records, err := db.List(ctx, page)
		if err != nil || len(records) == 0 {
			return n, err
		}
		n += len(records)
		page.Before = records[len(records)-1].Seq
	}
}

var errNoGateway = errors.New("no gateway answers")
