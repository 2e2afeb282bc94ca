package partner

import "strings"

// An engine that reads control tokens of its chat template out of message text lets
// a user forge a turn. So a word joiner is put behind the first character of
// whatever could be such a token, and taken out of the text that comes back. One
// that stood there before gets a second, so the two undo each other exactly.

const joiner = "\u2060"

// markers begin a control token in the templates of the model families that are run
// on one's own machines. The thinking tags are among them: text that a user wrote
// must not be taken for the model's thought when the model repeats it.
var markers = []string{
	"<|", "<｜", "[|",
	"<s>", "</s>", "<bos>", "<eos>", "<pad>", "<unk>",
	"<start_of_turn>", "<end_of_turn>", "<turn|>", "<channel|>", "<end_of_utterance>",
	"<fim_", "<file_sep>", "<repo_name>", "<unused", "<reserved_", "<extra_id_",
	"<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>",
	"<<SYS>>", "<</SYS>>",
	"[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]",
	"[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]",
}

// shield returns text in which no control token is left.
func shield(text string) string {
	var out strings.Builder
	for {
		i := strings.IndexAny(text, "<[")
		if i < 0 {
			if out.Len() == 0 {
				return text
			}
			return out.String() + text
		}
		out.WriteString(text[:i+1])
		if strings.HasPrefix(text[i+1:], joiner) || beginsMarker(text[i:]) {
			out.WriteString(joiner)
		}
		text = text[i+1:]
	}
}

func beginsMarker(text string) bool {
	for _, m := range markers {
		if len(text) >= len(m) && strings.EqualFold(text[:len(m)], m) {
			return true
		}
	}
	return false
}

// unshield undoes shield in text that comes in pieces, whole characters each.
type unshield struct {
	held string // a bracket at the end of a piece: a joiner may follow
}

// restore returns what is certain so far.
func (u *unshield) restore(piece string) string {
	if piece == "" {
		return ""
	}
	text := u.held + piece
	u.held = ""
	if last := text[len(text)-1]; last == '<' || last == '[' {
		u.held = string(last)
		text = text[:len(text)-1]
	}
	return restoreBrackets.Replace(text)
}

// end returns what was held.
func (u *unshield) end() string {
	held := u.held
	u.held = ""
	return held
}

var restoreBrackets = strings.NewReplacer("<"+joiner, "<", "["+joiner, "[")
