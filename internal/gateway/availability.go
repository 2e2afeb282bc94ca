package gateway

import (
	"slices"
	"strings"
	"time"

	"landfall"
	"landfall/internal/snapshot"
)

// State is what an app may know of a feature before it asks: every reason that
// applies, not the first.
type State struct {
	Route   *snapshot.Route
	Reasons []landfall.Reason
}

// States lists a market's features as they stand now. ready gives the reasons of
// the place where the model runs.
func (l *Line) States(market, locale string, ready func(*landfall.Release) []landfall.Reason) ([]State, *landfall.Error) {
	snap, unavailable := l.Snapshots.Current()
	if unavailable != nil {
		return nil, unavailable
	}
	language, _, _ := strings.Cut(strings.ToLower(locale), "-")
	var out []State
	for _, r := range snap.Routes(market) {
		s := State{Route: r}
		if err := r.Check(landfall.Serve); err != nil {
			s.Reasons = append(s.Reasons, reasonOf(r, err))
		}
		if language != "" && !slices.Contains(r.Release().Languages, language) {
			reason := landfall.NewReason(landfall.ReasonLanguage, "%s is offered in %q", r.Release().Feature, r.Release().Languages)
			reason.Language = language
			s.Reasons = append(s.Reasons, reason)
		}
		s.Reasons = append(s.Reasons, ready(r.Release())...)
		out = append(out, s)
	}
	return out, nil
}

// NextCheck is when asking again makes sense, for reasons that pass by themselves.
func (l *Line) NextCheck(reasons []landfall.Reason) *string {
	if len(reasons) == 0 || slices.ContainsFunc(reasons, func(r landfall.Reason) bool { return !r.Waiting }) {
		return nil
	}
	at := l.Now().UTC().Add(5 * time.Second).Format(time.RFC3339)
	return &at
}
