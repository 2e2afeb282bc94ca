package partner

import (
	"bytes"
	"encoding/json"

	"landfall"
)

// frame is one JSON object of a chat-completions answer: a chunk of a stream, a
// whole answer, or an error. Reading is tolerant: partners disagree on what is
// null, what is left out, and where usage stands.
type frame struct {
	Model       string   `json:"model"`
	Fingerprint string   `json:"system_fingerprint"`
	Choices     []choice `json:"choices"`
	Usage       *counts  `json:"usage"`

	Error     json.RawMessage `json:"error"`
	Code      json.RawMessage `json:"code"`
	ErrorCode json.RawMessage `json:"error_code"`
	Response  json.RawMessage `json:"Response"` // around an "Error"
}

type choice struct {
	Index   int     `json:"index"`
	Delta   said    `json:"delta"`
	Message said    `json:"message"` // in a whole answer, instead of Delta
	Finish  string  `json:"finish_reason"`
	Usage   *counts `json:"usage"`
}

type said struct {
	Content          jsonText   `json:"content"`
	ReasoningContent jsonText   `json:"reasoning_content"`
	Reasoning        jsonText   `json:"reasoning"`
	Refusal          jsonText   `json:"refusal"`
	ToolCalls        []callPart `json:"tool_calls,omitempty"`
}

// callPart is a fragment of a tool call. Index says of which; a whole answer has none.
type callPart struct {
	Index    *int   `json:"index"`
	ID       string `json:"id"`
	Function struct {
		Name      string   `json:"name"`
		Arguments argument `json:"arguments"`
	} `json:"function"`
}

// argument is a piece of a call's arguments: text, or by some servers an object.
type argument string

// UnmarshalJSON takes a string's text and any other value as it is written.
func (a *argument) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' || string(b) == "null" {
		var t jsonText
		if err := t.UnmarshalJSON(b); err != nil {
			return err
		}
		*a = argument(t)
		return nil
	}
	*a = argument(b)
	return nil
}

type counts struct {
	Prompt     int `json:"prompt_tokens"`
	Completion int `json:"completion_tokens"`
	CacheHit   int `json:"prompt_cache_hit_tokens"`
	Details    struct {
		Cached int `json:"cached_tokens"`
	} `json:"prompt_tokens_details"`
}

func (c *counts) usage() landfall.Usage {
	return landfall.Usage{Input: c.Prompt, Output: c.Completion, Cached: max(c.CacheHit, c.Details.Cached)}
}

// failed reports whether the frame is an error, also under HTTP 200: it has one by
// name, or a code and nothing else.
func (f *frame) failed() bool {
	var outer struct{ Error json.RawMessage }
	if present(f.Response) && json.Unmarshal(f.Response, &outer) != nil {
		outer.Error = nil
	}
	if present(f.Error) || present(outer.Error) {
		return true
	}
	return len(f.Choices) == 0 && f.Usage == nil && (present(f.Code) || present(f.ErrorCode))
}

// present reports whether a value says something: servers write null, "", {}, 0 or
// false for no error.
func present(raw json.RawMessage) bool {
	switch string(bytes.TrimSpace(raw)) {
	case "", "null", `""`, "{}", "0", `"0"`, "false":
		return false
	}
	return true
}

// finishes are the reasons for which a model stops. Whatever else a server gives is
// a fault: its answer may not be whole.
var finishes = map[string]landfall.Finish{
	"stop":           landfall.FinishStop,
	"length":         landfall.FinishLength,
	"tool_calls":     landfall.FinishToolCalls,
	"function_call":  landfall.FinishToolCalls,
	"content_filter": landfall.FinishContentFilter,
}
