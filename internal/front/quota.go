package front

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"landfall"
	"landfall/api"
)

// tightest is the quota that a caller reaches first: the one with the least left.
func tightest(quotas []landfall.Quota) api.Quota {
	if len(quotas) == 0 {
		return api.Quota{Scope: "app"}
	}
	q := quotas[0]
	for _, other := range quotas[1:] {
		if other.Left() < q.Left() {
			q = other
		}
	}
	resets := q.Resets.UTC().Format(time.RFC3339)
	return api.Quota{Scope: q.Scope, Limit: q.Limit, Used: q.Used, ResetsAt: &resets}
}

// setQuotas writes the quotas that a request counted in as RateLimit fields
// (draft-ietf-httpapi-ratelimit-headers-10): q and w of the policy are limit and
// window in seconds, r and t what is left and the seconds until it counts anew.
func setQuotas(h http.Header, quotas []landfall.Quota) {
	if len(quotas) == 0 {
		return
	}
	var policies, state []string
	for _, q := range quotas {
		name := q.Scope + "-" + q.Name()
		left := max(0, time.Until(q.Resets)).Round(time.Second)
		policies = append(policies, fmt.Sprintf("%q;q=%d;w=%d", name, q.Limit, int(q.Window.Seconds())))
		state = append(state, fmt.Sprintf("%q;r=%d;t=%d", name, q.Left(), int(left.Seconds())))
	}
	h.Set("RateLimit-Policy", strings.Join(policies, ", "))
	h.Set("RateLimit", strings.Join(state, ", "))
}
