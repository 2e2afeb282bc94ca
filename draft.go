package landfall

import "time"

// Channel is the kind of text a model produces.
type Channel uint8

const (
	Text Channel = iota
	Reasoning
	ToolArguments
	Refusal
)

func (c Channel) String() string {
	return [...]string{"text", "reasoning", "tool_arguments", "refusal"}[c&3]
}

// Lane says where a piece of text belongs: lanes never join, neither in
// moderation nor on the wire.
type Lane struct {
	Choice  int
	Channel Channel
	// Path is the JSON Pointer of the field in the feature's output, "/text"; ""
	// for a model's raw words that no feature has shaped yet.
	Path string
}

// Finish is why a model stopped.
type Finish string

const (
	FinishStop          Finish = "stop"
	FinishLength        Finish = "length"
	FinishToolCalls     Finish = "tool_calls"
	FinishContentFilter Finish = "content_filter"
)

// Usage counts tokens.
type Usage struct {
	Input  int `json:"input_tokens"`
	Output int `json:"output_tokens"`
	Cached int `json:"cached_tokens"`
}

// Add returns the sum.
func (u Usage) Add(v Usage) Usage {
	return Usage{u.Input + v.Input, u.Output + v.Output, u.Cached + v.Cached}
}

// Identity is what an endpoint says of the model that answers.
type Identity struct {
	Model       string
	Fingerprint string
}

// Draft is what a model said and nobody has cleared yet. Each draft is one
// thing: text of a lane, a whole output, or a sign of the stream (the other
// fields). Drafts are not shown; only the safety policy turns one into a chunk.
type Draft struct {
	Lane Lane
	Text string

	// Output is a feature's whole answer, its strings still unmoderated. Fields
	// whose text went out in lanes before are empty in it. The Finish beside it is
	// the answer's, "" for stop.
	Output Object

	// Call is a whole tool call, its arguments unread; a feature decodes them into its
	// output before they are moderated.
	Call *ToolCall

	// Beat, when positive, says that the partner has been silent that long: time,
	// made visible to a pull pipeline.
	Beat time.Duration
	// Finish is why a choice ended; Usage the totals so far; Model the identity
	// as reported.
	Finish Finish
	Usage  *Usage
	Model  *Identity

	// Hold says that text is kept back, and why; Warning goes to the envelope.
	Hold    *Hold
	Warning *Warning
}

// Hold tells a client that work goes on while nothing is shown.
type Hold struct {
	Why  string `json:"why"` // moderation, checking, pass
	Pass int    `json:"pass,omitempty"`
}

// Warning is a remark about a complete answer.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}
