package gateway

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"landfall"
	"landfall/internal/audit"
	"landfall/internal/safety"
)

// closeLimit bounds the wait for a closing entry once a caller has gone or a
// deadline has passed: the record is written all the same.
const closeLimit = 10 * time.Second

// record is one request's place in the audit log.
type record struct {
	opened  *audit.Pending
	failed  error // opening was refused
	durable bool
	salt    []byte
	output  *audit.Commitment
	path    string // of the lane the output stands in
	shown   int    // code points of text shown
	status  landfall.Status
	rules   []string
	stage   string
}

// account is the frame around the line: it bounds the request in time and number,
// keeps its record in two entries, and turns every ending into one Done. Of a
// stream the opened entry is durable before the first chunk leaves, the closed one
// before Done; of an answer in one piece, both before Done.
func (l *Line) account(ctx context.Context, w *walk, line func(context.Context) iter.Seq2[safety.Chunk, error]) iter.Seq[safety.Chunk] {
	return func(yield func(safety.Chunk) bool) {
		if l.replay(ctx, w, yield) {
			return
		}
		caller := ctx
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		w.begin(l)
		ended := false
		defer func() {
			// A panic of the reader passes through: the record and the claim end all the same.
			if !ended {
				d := w.done(nil, true)
				_ = l.close(ctx, w, d, true) // nobody is left to tell; a start closes what stays open
				l.keepReplay(w, d)
			}
		}()
		gone, err := l.pass(ctx, w, line, yield)
		if caller.Err() != nil {
			gone = true
		}
		done := w.done(err, gone)
		ended = true
		if closeErr := l.close(ctx, w, done, gone); closeErr != nil && done.Status != landfall.StatusError {
			done.Status, done.Err = landfall.StatusError, landfall.AsError(closeErr)
		}
		l.keepReplay(w, done)
		l.ended(w, done, gone)
		if !gone {
			yield(safety.Chunk{Done: done})
		}
	}
}

// pass hands the line's chunks on. It reports whether the reader left, and what
// ended the line otherwise.
func (l *Line) pass(ctx context.Context, w *walk, line func(context.Context) iter.Seq2[safety.Chunk, error], yield func(safety.Chunk) bool) (gone bool, err error) {
	select {
	case l.places <- struct{}{}:
		defer func() { <-l.places }()
	default:
		return false, landfall.Errorf(landfall.CodeOverloaded, "%d requests are being served, no more fit", l.MaxInFlight).With("retry_after_ms", 1000)
	}
	reading := false
	defer func() {
		// A panic of the line is an error of this answer; one of the reader is not ours.
		// Its value may hold the user's words and stays out of the log.
		if v := recover(); v != nil && reading {
			panic(v)
		} else if v != nil {
			l.Log.Error("panic in the line", "id", w.req.ID, "panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			err = landfall.Errorf(landfall.CodeInternal, "something went wrong on our side")
		}
	}()
	for c, lineErr := range line(ctx) {
		if lineErr != nil {
			return false, lineErr
		}
		// An answer in one piece leaves with Done, which waits for both entries.
		if w.req.Stream || w.record.failed != nil {
			if err := w.record.wait(ctx); err != nil {
				return false, err
			}
		}
		l.observe(w, c)
		if w.replay != nil && !onlyTime(c) {
			w.replay.chunks = append(w.replay.chunks, c)
		}
		reading = true
		more := yield(c)
		reading = false
		if !more {
			return true, nil
		}
		w.heard = l.Now()
	}
	return false, nil
}

func (w *walk) begin(l *Line) {
	w.meta.Rehearsal, w.meta.Quotas = l.Rehearsal, l.quotas.peek(w.req.App, w.req.Device)
	w.meta.ID, w.meta.Feature = w.req.ID, w.req.Feature
	w.record.salt = audit.NewSalt()
	w.record.output = audit.NewCommitment(w.record.salt)
}

// open queues the opened entry; the write overlaps the model's first token.
func (l *Line) open(ctx context.Context, w *walk) {
	w.record.opened, w.record.failed = l.Recorder.Begin(ctx, w.openedEntry(l.Now()))
}

// wait holds the first chunk until the opened entry is durable. Without it no
// model text leaves.
func (r *record) wait(ctx context.Context) error {
	if r.durable {
		return nil
	}
	if r.failed != nil || r.opened == nil {
		return r.failed
	}
	if err := r.opened.Wait(ctx); err != nil {
		return err
	}
	r.durable = true
	return nil
}

func (w *walk) openedEntry(now time.Time) audit.Entry {
	e := audit.Entry{
		Kind: audit.Opened, Record: w.req.ID, At: now.UnixMilli(),
		App: w.req.App.ID, Market: w.req.App.Market, Feature: w.req.Feature, Device: w.req.Device, User: w.req.User,
		Purpose: landfall.Serve, Form: form(w.req), ShowsLabels: w.req.App.ShowsLabels, Salt: w.record.salt,
		InputCommitment: audit.Commit(w.record.salt, w.req.Body), Rehearsal: w.meta.Rehearsal,
	}
	if w.route != nil {
		e.Release = w.route.Digest()
		e.ApprovalSequence = w.route.Approval().Sequence
	}
	return e
}

func form(r landfall.Request) audit.Form {
	switch {
	case r.Chat && r.Stream:
		return audit.ChatSSE
	case r.Chat:
		return audit.ChatJSON
	case r.Stream:
		return audit.SSE
	}
	return audit.JSON
}

// close writes the closed entry, with the opened one when the request never got
// so far, and waits until it is durable, whether or not the caller is still there.
func (l *Line) close(ctx context.Context, w *walk, d *landfall.Done, gone bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
	defer cancel()
	closed := w.closedEntry(l.Now(), d, gone)
	entries := []audit.Entry{closed}
	if w.record.opened == nil {
		entries = []audit.Entry{w.openedEntry(w.began), closed}
	}
	pending, err := l.Recorder.Begin(ctx, entries...)
	if err == nil && w.record.opened != nil {
		err = w.record.opened.Wait(ctx)
	}
	if err != nil {
		return err
	}
	return pending.Wait(ctx)
}

// record appends entries and waits until they are durable.
func (l *Line) record(ctx context.Context, entries ...audit.Entry) error {
	pending, err := l.Recorder.Begin(ctx, entries...)
	if err != nil {
		return err
	}
	return pending.Wait(ctx)
}

// maxRules bounds the rules that an entry names: a caller can hit every word of a list,
// and the log takes no entry of any length.
const maxRules = 64

func (w *walk) closedEntry(now time.Time, d *landfall.Done, gone bool) audit.Entry {
	e := audit.Entry{
		Kind: audit.Closed, Record: w.req.ID, At: now.UnixMilli(),
		Outcome: audit.Outcome(d.Status), Rules: w.record.rules, Warnings: w.warned(), Stage: w.record.stage,
		ReportedModel: w.model.Model, ReportedFingerprint: w.model.Fingerprint, Attempts: d.Attempts, Usage: d.Usage,
		ShownLength: w.record.shown, OutputCommitment: w.record.output.Sum(),
		TotalMS: now.Sub(w.began).Milliseconds(),
	}
	if hit := len(e.Rules); hit > maxRules { // the deciding one stands in front
		e.Rules, e.RulesHit = e.Rules[:maxRules], hit
	}
	if gone {
		e.Outcome = audit.Abandoned
	}
	if d.Err != nil {
		e.Code = d.Err.Code
		e.Check, _ = param(d.Err, "check")
		if s, ok := param(d.Err, "stage"); ok {
			e.Stage = s
		}
		for _, r := range d.Err.Reasons {
			e.Reasons = append(e.Reasons, r.Code)
		}
	}
	if !w.first.IsZero() {
		e.FirstTextMS = w.first.Sub(w.began).Milliseconds()
	}
	return e
}

// warned returns the codes of the warnings, each once.
func (w *walk) warned() (codes []string) {
	for _, warning := range w.warnings {
		if !slices.Contains(codes, warning.Code) {
			codes = append(codes, warning.Code)
		}
	}
	return codes
}

func param(e *landfall.Error, key string) (string, bool) {
	v, _ := e.Params.Get(key)
	s, ok := v.(string)
	return s, ok
}

// observe takes note of what leaves: the commitment to the output, its length,
// the time of the first text, what was withheld and warned of.
func (l *Line) observe(w *walk, c safety.Chunk) {
	if lane, text, ok := c.Text(); ok {
		w.record.write(lane.Path, text)
		w.record.shown += landfall.CodePoint.Len(text)
		w.firstText(l.Now())
	}
	if o, ok := c.Output(); ok {
		w.record.write("", string(landfall.AppendJSON(nil, o)))
		w.firstText(l.Now())
	}
	if c.Withheld != nil {
		w.record.status, w.record.stage = landfall.StatusHeld, c.Withheld.Stage
		w.record.rules = c.Withheld.Rules
		if w.record.rules == nil {
			w.record.rules = []string{c.Withheld.RuleID}
		}
	}
	if c.Warning != nil {
		w.warnings = append(w.warnings, *c.Warning)
	}
}

// write commits to what was shown, lane by lane, however it was cut.
func (r *record) write(path, text string) {
	if path != r.path {
		r.path = path
		_, _ = r.output.Write([]byte("\n" + path + "\n"))
	}
	_, _ = r.output.Write([]byte(text))
}

func (w *walk) firstText(now time.Time) {
	if w.first.IsZero() {
		w.first = now
	}
}

// done says how the request ended. The warnings went out in chunks of their own;
// Done repeats none of them.
func (w *walk) done(err error, gone bool) *landfall.Done {
	d := &landfall.Done{Meta: w.meta, Status: landfall.Complete, Finish: cmp.Or(w.finish, landfall.FinishStop), Usage: w.usage.Add(w.running), Attempts: w.attempts, Repairs: w.repairs}
	if w.record.status != "" {
		d.Status = w.record.status
	}
	switch e := landfall.AsError(err); {
	case e == nil && gone:
		d.Status, d.Err = landfall.StatusError, landfall.Errorf(landfall.CodeCancelled, "the caller went away")
	case e == nil:
	case e.Code == landfall.CodeNeedsConsent:
		d.Status, d.Err = landfall.NeedsConsent, e
	case e.Code == landfall.CodeModelRefusal:
		d.Status, d.Err = landfall.Refused, e
	default:
		d.Status, d.Err = landfall.StatusError, e
	}
	return d
}

// callersFault are the codes whose messages quote the caller: they go to the
// caller and not to the log.
var callersFault = map[landfall.Code]bool{
	landfall.CodeInputInvalid: true, landfall.CodeSchemaInvalid: true, landfall.CodeNotFound: true, landfall.CodeUnsupportedLanguage: true,
}

func (l *Line) ended(w *walk, d *landfall.Done, gone bool) {
	e := Ending{Market: w.req.App.Market, Feature: w.req.Feature, Outcome: string(d.Status), Usage: d.Usage, Total: l.Now().Sub(w.began)}
	if gone {
		e.Outcome = string(audit.Abandoned)
	}
	if !w.first.IsZero() {
		e.FirstText = w.first.Sub(w.began)
	}
	attrs := []slog.Attr{
		slog.String("id", w.req.ID), slog.String("app", w.req.App.ID), slog.String("market", e.Market), slog.String("feature", e.Feature),
		slog.String("outcome", e.Outcome), slog.Int("attempts", d.Attempts), slog.Int64("ms", e.Total.Milliseconds()),
	}
	level := slog.LevelInfo
	if d.Err != nil {
		e.Code = string(d.Err.Code)
		attrs = append(attrs, slog.String("code", e.Code))
		// What is wrong with a request may be told in the request's own words.
		if !callersFault[d.Err.Code] {
			attrs = append(attrs, slog.String("error", d.Err.Message))
		}
		if d.Status == landfall.StatusError && !gone {
			level = slog.LevelWarn
		}
		// A cause may hold an upstream's words, and those may hold the user's.
		if d.Err.Err != nil && l.Log.Enabled(context.Background(), slog.LevelDebug) {
			attrs = append(attrs, slog.String("cause", d.Err.Err.Error()))
		}
	}
	l.Log.LogAttrs(context.Background(), level, "request ended", attrs...)
	l.tell(e)
}

// tell counts an ending. Whoever counts cannot take the caller's answer away, and is
// told no feature's name that a caller made up: each would be counted for ever.
func (l *Line) tell(e Ending) {
	if l.Ended == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			l.Log.Error("panic in counting a request", "panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
		}
	}()
	if !l.offered(e.Market, e.Feature) {
		e.Feature = ""
	}
	l.Ended(e)
}

// offered reports whether a market has a feature, approved or not.
func (l *Line) offered(market, feature string) bool {
	snap, unavailable := l.Snapshots.Current()
	if unavailable != nil {
		return false
	}
	m, _ := snap.Market(market)
	return slices.Contains(m.Features, feature)
}
