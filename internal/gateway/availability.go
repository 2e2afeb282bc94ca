package gateway

import (
	"slices"
	"strings"
	"time"

	"landfall"
	"landfall/internal/snapshot"
)

// State is what an app may know of a feature before it asks: every reason that
// applies, not the first. Route is nil where the feature is not offered.
type State struct {
	Feature string
	Route   *snapshot.Route
	Reasons []landfall.Reason
}

// States lists the features of an app's market as they stand for a request of this
// kind: its app, device, locale, processing, consent, age band and options. ready
// gives the reasons of the place where the model runs. Nothing is counted.
func (l *Line) States(r landfall.Request, ready func(*landfall.Release) []landfall.Reason) ([]State, *landfall.Error) {
	snap, unavailable := l.Snapshots.Current()
	if unavailable != nil {
		return nil, unavailable
	}
	market, ok := snap.Market(r.App.Market)
	if !ok {
		_, unavailable := snap.Route(r.App.Market, "")
		return nil, unavailable
	}
	exhausted := l.exhausted(r)
	var out []State
	for _, id := range market.Features {
		s := State{Feature: id}
		route, missing := snap.Route(market.ID, id)
		if missing != nil {
			s.Reasons = missing.Reasons
		} else {
			s.Route = route
			s.Reasons = append(refusals(r, route), languageReasons(r, route)...)
			if needsConsent(r, route) {
				s.Reasons = append(s.Reasons, landfall.NewReason(landfall.ReasonConsent, "the user must agree that %s processes the text", route.Release().Partner.ID))
			}
			s.Reasons = append(s.Reasons, exhausted...)
			s.Reasons = append(s.Reasons, ready(route.Release())...)
		}
		out = append(out, s)
	}
	return out, nil
}

// languageReasons says whether the locale's language is offered, and the one that the
// answer would have where the request names another.
func languageReasons(r landfall.Request, route *snapshot.Route) (all []landfall.Reason) {
	offered := route.Release().Languages
	from := primary(r.Locale)
	if from != "" && !slices.Contains(offered, from) {
		reason := landfall.NewReason(landfall.ReasonLanguage, "%s is offered in %q", route.Release().Feature, offered)
		if use := route.Feature.Definition().Instead(route.Release().Model.ID, from); use != "" {
			reason.Message += ", with the model " + use + " in \"" + from + "\" too"
		}
		reason.Language = from
		all = append(all, reason)
	}
	to := primary(r.OutputLanguage)
	if inside := r.Options.Text(route.Feature.Definition().LanguageFrom); inside != "" {
		to = primary(inside)
	}
	if to != "" && to != from && !slices.Contains(offered, to) {
		reason := landfall.NewReason(landfall.ReasonLanguagePair, "%s answers in %q", route.Release().Feature, offered)
		reason.Language = strings.TrimPrefix(from+">"+to, ">")
		all = append(all, reason)
	}
	return all
}

func primary(tag string) string {
	language, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return language
}

// exhausted is the reason of a quota that is used up, for every feature the same.
func (l *Line) exhausted(r landfall.Request) (all []landfall.Reason) {
	for _, q := range l.quotas.peek(r.App, r.Device) {
		if q.Left() > 0 {
			continue
		}
		reason := landfall.NewReason(landfall.ReasonQuota, "the limit of %s requests for this %s is reached", q.Allowance, q.Scope)
		reason.ResetsAt = stamp(q.Resets)
		all = append(all, reason)
	}
	return all
}

// NextCheck is when asking again makes sense, for reasons that pass by themselves:
// when the last quota counts anew, else soon.
func (l *Line) NextCheck(reasons []landfall.Reason) *string {
	if len(reasons) == 0 || slices.ContainsFunc(reasons, func(r landfall.Reason) bool { return !r.Waiting }) {
		return nil
	}
	at := stamp(l.Now().Add(5 * time.Second))
	for _, r := range reasons {
		at = max(at, r.ResetsAt)
	}
	return &at
}
