package landfall

// What an answer carries besides its content. The content itself travels in
// chunks that only the safety policy can fill.

// Meta is said before the first text.
type Meta struct {
	ID             string   `json:"id"`
	Feature        string   `json:"feature"`
	FeatureVersion string   `json:"feature_version"`
	ServedBy       ServedBy `json:"served_by"`
	Labels         Labels   `json:"labels"`
	Rehearsal      bool     `json:"rehearsal"`
	Release        Digest   `json:"release"`
	// Quotas are those that the request counts in.
	Quotas []Quota `json:"-"`
	// Blank is the feature's output with nothing in it: the frame for what was
	// shown before the rest was withheld.
	Blank Object `json:"-"`
}

// ServedBy says who answered, under which approval.
type ServedBy struct {
	Tier           string `json:"tier"`
	Partner        string `json:"partner,omitempty"`
	Model          string `json:"model"`
	DisplayName    string `json:"display_name"`
	ApprovalDigest Digest `json:"approval_digest"`
	PolicyVersion  string `json:"policy_version"`
}

// Labels says that content is AI-made: in words for people, in fields for machines.
type Labels struct {
	AIGenerated bool     `json:"ai_generated"`
	Explicit    Explicit `json:"explicit"`
	Implicit    Object   `json:"implicit"`
}

// Explicit is the label for people; Text is "" where the market demands none.
type Explicit struct {
	Text     string `json:"text"`
	Position string `json:"position"` // start, end or around
	// InText says that the words must be part of a text answer on a wire that has no
	// other place for them that a person sees.
	InText bool `json:"-"`
}

// Withheld tells the user that a rule withheld something: a result, not an error.
type Withheld struct {
	// Span is where, in the caller's unit: of the input, in the string at Path; of
	// the output, [n, n] with n the length shown before. Nil means the whole.
	Span        *[2]int `json:"span"`
	Path        string  `json:"path,omitempty"`
	Stage       string  `json:"stage"` // input, output or tool
	Class       string  `json:"class"` // market_rule, safety, privacy, rights or age
	RuleID      string  `json:"rule_id"`
	Message     string  `json:"message"`
	AppealToken string  `json:"appeal_token"`
	// Rules are the ids of every rule that was hit, for the record.
	Rules []string `json:"-"`
}

// Retract says that text shown before, from From to To in the caller's unit, counts
// as not said.
type Retract struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// Status is how an answer ended.
type Status string

const (
	Complete     Status = "complete"
	StatusHeld   Status = "withheld"
	Refused      Status = "refused"
	NeedsConsent Status = "needs_consent"
	StatusError  Status = "error"
)

// Done closes every answer.
type Done struct {
	Meta     Meta
	Status   Status
	Err      *Error // set unless complete or withheld
	Usage    Usage
	Attempts int
	// Repairs counts the attempts that were made because a check refused the one before.
	Repairs  int
	Warnings []Warning
	Replayed bool
	// Finish is why the text ended: stop, length (cut at the caller's max_tokens or the
	// release's own) or tool_calls.
	Finish Finish
}
