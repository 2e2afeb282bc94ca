package safety

import "strings"

// AppealToken is what a user sends to appeal: the answer's id and the rule's, with a
// colon between. It is no secret: who takes an appeal looks up that the answer was
// withheld by that rule, and from whom.
func AppealToken(recordID, ruleID string) string { return recordID + ":" + ruleID }

// ParseAppealToken reads a token; ok is false for what no notice ever named.
func ParseAppealToken(token string) (recordID, ruleID string, ok bool) {
	recordID, ruleID, ok = strings.Cut(token, ":")
	return recordID, ruleID, ok && recordID != "" && ruleID != ""
}
