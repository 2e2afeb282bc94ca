package main

import (
	"context"
	"time"

	"landfall"
	"landfall/api"
	"landfall/internal/audit"
	"landfall/internal/gateway"
)

// desk words an app's own records, and its users' appeals, for the wire.
type desk struct{ gateway.Desk }

func (d desk) record(ctx context.Context, app landfall.App, id string) (api.Record, *landfall.Error) {
	r, appeals, err := d.Record(ctx, app, id)
	if err != nil {
		return api.Record{}, err
	}
	o, c := r.Opened, r.Closed
	if c == nil {
		c = &audit.Entry{Outcome: "running"}
	}
	out := api.Record{
		ID: o.Record, Feature: o.Feature, Market: o.Market, At: stamp(time.UnixMilli(o.At)), Device: o.Device, User: o.User,
		Form: string(o.Form), Release: o.Release, ApprovalSequence: o.ApprovalSequence, Rehearsal: o.Rehearsal,
		Outcome: string(c.Outcome), Code: c.Code, Stage: c.Stage, Check: c.Check, Reasons: c.Reasons, Rules: c.Rules, RulesHit: c.RulesHit, Warnings: c.Warnings,
		ReplayOf: c.Of, Model: c.ReportedModel, Attempts: c.Attempts, Usage: c.Usage,
		InputCommitment: o.InputCommitment, OutputCommitment: c.OutputCommitment,
		ShownLength: c.ShownLength, FirstTextMS: c.FirstTextMS, TotalMS: c.TotalMS, Appeals: []api.Case{},
	}
	for _, a := range appeals {
		out.Appeals = append(out.Appeals, caseOf(a.Entry))
	}
	return out, nil
}

func (d desk) appeal(ctx context.Context, app landfall.App, a api.Appeal) (api.Case, *landfall.Error) {
	e, err := d.Appeal(ctx, app, a.Token, a.Message)
	if err != nil {
		return api.Case{}, err
	}
	return caseOf(e), nil
}

func caseOf(e audit.Entry) api.Case {
	return api.Case{Case: e.Case, Record: e.Record, RuleID: e.Rules[0], At: stamp(time.UnixMilli(e.At))}
}

// count words a measure for the wire.
func count(line *gateway.Line) func(context.Context, landfall.Request) (api.Count, *landfall.Error) {
	return func(ctx context.Context, r landfall.Request) (api.Count, *landfall.Error) {
		r.ID = newID()
		c, err := line.Count(ctx, r)
		if err != nil {
			return api.Count{}, err
		}
		by := "estimate"
		if c.Counted {
			by = "tokenizer"
		}
		return api.Count{
			Feature: r.Feature, Release: c.Release, Language: c.Language,
			Characters: api.Length{Count: c.Count, Limit: c.Limit}, Tokens: api.Tokens{Count: c.Tokens, By: by}, Fits: c.Fits(),
		}, nil
	}
}
