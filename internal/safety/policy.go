package safety

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"landfall"
)

// Config is what a policy is compiled from.
type Config struct {
	Contract Contract
	// Floor are the words that the contract's digest names; Words, the current list,
	// must have them all.
	Floor, Words []string
	// Notices are by language, a BCP 47 tag. At least one is needed; for a language
	// without one English answers, else the first by name.
	Notices map[string]Notice
	// Version names the list in answers and records.
	Version string
	// RuleKey keeps rule ids from being looked up: who holds it can tell whether a
	// guessed word is the one behind an id. Defaults to none, so anyone can.
	RuleKey []byte
	// AppealToken returns what a user sends to appeal. Defaults to [AppealToken].
	AppealToken func(recordID, ruleID string) string
}

// Notice tells a user what happened, in one language.
type Notice struct {
	// Message says that a rule withheld something, and of which class it is.
	Message string `json:"message"`
	// Appeal says how to appeal.
	Appeal string `json:"appeal"`
}

// Policy decides what may be shown. It is immutable and safe for concurrent use.
// [Compile] makes one; a nil or zero Policy refuses everything.
type Policy struct {
	version string
	matcher *Matcher
	rules   []string // rule id by word number
	notices map[string]Notice
	appeal  func(recordID, ruleID string) string
}

// Compile checks the list against the contract and builds its matcher. It refuses
// a list that lacks words of the floor, and says how many.
func Compile(c Config) (*Policy, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	m, err := NewMatcher(c.Words)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	p := &Policy{version: c.Version, matcher: m, notices: map[string]Notice{}, appeal: c.AppealToken}
	for _, w := range c.Words {
		p.rules = append(p.rules, ruleID(c.Contract.Market, w, c.RuleKey))
	}
	for language, n := range c.Notices {
		p.notices[strings.ToLower(language)] = n
	}
	if p.appeal == nil {
		p.appeal = AppealToken
	}
	return p, nil
}

func (c Config) validate() error {
	if err := c.Contract.validate(); err != nil {
		return err
	}
	floor, err := FloorDigest(c.Floor)
	if err != nil {
		return err
	}
	if floor != c.Contract.Floor {
		return errors.New("policy: the floor is not the one that the contract names")
	}
	if lost := Lost(c.Floor, c.Words); len(lost) > 0 {
		return fmt.Errorf("policy: the list lacks %d of the %d words of the floor; fewer words need a new release", len(lost), len(c.Floor))
	}
	if len(c.Notices) == 0 {
		return errors.New("policy: notices is empty: what is withheld must be said")
	}
	for language, n := range c.Notices {
		if language == "" || n.Message == "" || n.Appeal == "" {
			return fmt.Errorf("policy: notice %q: language, message and appeal are all needed", language)
		}
	}
	return nil
}

// ruleID names the rule behind a word without telling the word.
func ruleID(market, word string, key []byte) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("landfall/rule/v1\n" + market + "\n" + fold(word)))
	return market + ".list." + hex.EncodeToString(h.Sum(nil)[:4])
}

// Version names the list.
func (p *Policy) Version() string {
	if p == nil {
		return ""
	}
	return p.version
}

// ready refuses what [Compile] did not make.
func (p *Policy) ready() error {
	if p != nil && p.matcher != nil {
		return nil
	}
	e := landfall.Errorf(landfall.CodeUnavailable, "no safety policy is loaded, so nothing can be answered")
	e.Reasons = []landfall.Reason{landfall.NewReason(landfall.ReasonPolicyMissing, "no safety policy is loaded")}
	return e
}

// notice returns the notice for a language: its own, that of a shorter tag,
// English, or the first.
func (p *Policy) notice(language string) Notice {
	for tag := strings.ToLower(language); ; {
		if n, ok := p.notices[tag]; ok {
			return n
		}
		cut := strings.LastIndexByte(tag, '-')
		if cut < 0 {
			break
		}
		tag = tag[:cut]
	}
	if n, ok := p.notices["en"]; ok {
		return n
	}
	return p.notices[slices.Min(slices.Collect(maps.Keys(p.notices)))]
}

// withheld is what a user is told of hits: the first decides, see [Stream.Take].
func (p *Policy) withheld(stage, recordID, language string, hits []Hit) *landfall.Withheld {
	w := &landfall.Withheld{Stage: stage, Class: ClassMarketRule}
	for _, h := range firsts(hits) {
		w.Rules = append(w.Rules, p.rules[h.Word])
	}
	n := p.notice(language)
	w.RuleID = w.Rules[0]
	w.Message = n.Message + " " + n.Appeal
	w.AppealToken = p.appeal(recordID, w.RuleID)
	return w
}

// guard runs a step of moderation. A panic in it becomes an error that holds no
// word of what was moderated.
func guard(step func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = landfall.Errorf(landfall.CodeInternal, "moderation failed, so nothing more is shown").
				Because(fmt.Errorf("panic in moderation: %T", v))
		}
	}()
	return step()
}

// Foreign words what another safety stage withheld, a partner's own: the policy
// knows the notice and the way to appeal, not the rule.
func (p *Policy) Foreign(stage, class, ruleID, recordID, language string) *landfall.Withheld {
	n := p.notice(language)
	return &landfall.Withheld{
		Stage: stage, Class: class, RuleID: ruleID, Rules: []string{ruleID},
		Message: n.Message + " " + n.Appeal, AppealToken: p.appeal(recordID, ruleID),
	}
}
