package gateway

import (
	"cmp"
	"slices"

	"landfall"
	"landfall/internal/snapshot"
)

// admissible says why a route may not answer a request now, with every reason, or
// that the user must be asked first. It is the one rule for a request, for a replay
// and for what availability tells.
func admissible(r landfall.Request, route *snapshot.Route) *landfall.Error {
	if reasons := refusals(r, route); len(reasons) > 0 {
		e := &landfall.Error{Code: landfall.CodeUnavailable, Message: reasons[0].Message, Reasons: reasons}
		if err := route.Check(landfall.Serve); err != nil {
			e.Message, e.Err = route.Release().Feature+" is not approved as it stands", err
		}
		return e
	}
	if needsConsent(r, route) {
		return landfall.Errorf(landfall.CodeNeedsConsent, "the user must agree that %s processes the text: ask, then send consent.partner granted", route.Release().Partner.ID)
	}
	return nil
}

// refusals are the reasons that asking the user would not change.
func refusals(r landfall.Request, route *snapshot.Route) (all []landfall.Reason) {
	rel := route.Release()
	if err := route.Check(landfall.Serve); err != nil {
		all = append(all, reasonOf(route, err))
	}
	if features := r.App.Features; len(features) > 0 && !slices.Contains(features, rel.Feature) {
		all = append(all, landfall.NewReason(landfall.ReasonNotEntitled, "this app may use %q, not %s; `landfall app new --feature` says what an app may use", features, rel.Feature))
	}
	if route.Market.ClosedTo(rel.Feature, r.AgeBand) {
		all = append(all, landfall.NewReason(landfall.ReasonAge, "%s is closed to the age band %q in %s", rel.Feature, cmp.Or(r.AgeBand, "unknown"), rel.Market))
	}
	if tiers := allowedTiers(r.Processing); tiers != nil && !slices.Contains(tiers, rel.Partner.Tier) {
		reason := landfall.NewReason(landfall.ReasonNotOffered, "processing %q allows the tiers %q, this feature is served by tier %s", r.Processing, tiers, rel.Partner.Tier)
		reason.Actor = "developer"
		all = append(all, reason)
	}
	return all
}

// allowedTiers are those that a caller's processing allows; nil is all.
func allowedTiers(processing string) []string {
	switch processing {
	case "device_only":
		return []string{"device", "local"}
	case "private_ok":
		return []string{"device", "local", "private"}
	}
	return nil
}

// needsConsent: the market says for which tiers and features; local, private and
// device never need it.
func needsConsent(r landfall.Request, route *snapshot.Route) bool {
	rel := route.Release()
	return route.Market.NeedsConsent(rel.Feature, rel.Partner.Tier) && r.Consent != "granted"
}

// notApproved says why a route admits nothing.
func notApproved(r *snapshot.Route, err error) *landfall.Error {
	reason := reasonOf(r, err)
	return &landfall.Error{Code: landfall.CodeUnavailable, Message: r.Release().Feature + " is not approved as it stands", Reasons: []landfall.Reason{reason}, Err: err}
}

// reasonOf words a refusal; in a rehearsal it names the command that helps.
func reasonOf(r *snapshot.Route, err error) landfall.Reason {
	reason := landfall.ReasonOf(err)
	if r.Release().Rehearsal {
		reason.Message += "; in this rehearsal `landfall rehearse` shows what changed and approves it with the local keys"
	}
	return reason
}
