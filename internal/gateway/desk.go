package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"landfall"
	"landfall/internal/audit"
	"landfall/internal/safety"
)

// Desk gives an app its own records, without content, and takes its users' appeals.
// Safe for concurrent use.
type Desk struct {
	Records audit.Reader
	Log     Recorder
	Now     func() time.Time // defaults to time.Now
}

// Record returns an app's own record and its appeals. A record of another app's is
// not found, like one that never was.
func (d Desk) Record(ctx context.Context, app landfall.App, id string) (audit.Record, []audit.Appeal, *landfall.Error) {
	r, err := d.Records.Get(ctx, id)
	if err == nil && r.Opened.App != app.ID {
		err = landfall.Errorf(landfall.CodeNotFound, "")
	}
	if err != nil {
		return r, nil, unknown(err, "there is no such request of this app")
	}
	appeals, err := d.Records.Appeals(ctx, id)
	return r, appeals, landfall.AsError(err)
}

// Appeal keeps an appeal with the record of the answer that was withheld, and returns
// its entry. The same token again has the same case, and the first message stays.
func (d Desk) Appeal(ctx context.Context, app landfall.App, token, message string) (audit.Entry, *landfall.Error) {
	id, rule, ok := safety.ParseAppealToken(token)
	if !ok {
		return audit.Entry{}, noSuchToken()
	}
	r, before, fault := d.Record(ctx, app, id)
	switch {
	case fault != nil && fault.Code == landfall.CodeNotFound:
		return audit.Entry{}, noSuchToken()
	case fault != nil:
		return audit.Entry{}, fault
	case r.Closed == nil:
		return audit.Entry{}, landfall.Errorf(landfall.CodeConflict, "the answer has not ended yet").With("retry_after_ms", 1000)
	case !slices.Contains(r.Closed.Rules, rule): // whether or not the client stayed for the end
		return audit.Entry{}, noSuchToken()
	}
	if e, ok := caseOf(before, rule); ok {
		return e, nil
	}
	e, err := d.keep(ctx, id, rule, message)
	if !errors.Is(err, audit.ErrDuplicate) {
		return e, landfall.AsError(err)
	}
	// The same token came twice at the same time: the other was first.
	after, err := d.Records.Appeals(ctx, id)
	e, _ = caseOf(after, rule)
	return e, landfall.AsError(err)
}

func (d Desk) keep(ctx context.Context, record, rule, message string) (audit.Entry, error) {
	now := time.Now
	if d.Now != nil {
		now = d.Now
	}
	e := audit.Entry{
		Kind: audit.Appealed, Record: record, At: now().UnixMilli(), Rules: []string{rule}, Message: message,
		Case: "case_" + strings.ToLower(rand.Text()[:13]),
	}
	salt, err := d.Records.Salt(ctx, record)
	if err != nil {
		return e, err
	}
	if message != "" && salt != nil { // without a salt a commitment could be guessed
		e.InputCommitment = audit.Commit(salt, []byte(message))
	}
	pending, err := d.Log.Begin(ctx, e)
	if err == nil {
		err = pending.Wait(ctx)
	}
	return e, err
}

func caseOf(appeals []audit.Appeal, rule string) (audit.Entry, bool) {
	for _, a := range appeals {
		if slices.Contains(a.Entry.Rules, rule) {
			return a.Entry, true
		}
	}
	return audit.Entry{}, false
}

func noSuchToken() *landfall.Error {
	return landfall.Errorf(landfall.CodeNotFound, "nothing of this app's was withheld under this appeal token: send the appeal_token of a withheld entry as it came").With("field", "/appeal_token")
}

// unknown words a record that is not found for whoever asked.
func unknown(err error, message string) *landfall.Error {
	e := landfall.AsError(err)
	if e.Code == landfall.CodeNotFound {
		return landfall.Errorf(landfall.CodeNotFound, "%s", message)
	}
	return e
}
