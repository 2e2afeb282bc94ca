package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"time"
)

// model is the name under which the fake partner answers.
const model = "bench-model"

// partner is an OpenAI-compatible server whose answers are known beforehand. It
// writes and flushes chunk by chunk, without a pause between them.
func partner() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"object":"list","data":[{"id":"`+model+`","object":"model"}]}`)
	})
	known := scenarios()
	said := make([][][]byte, len(known))
	for i, s := range known {
		said[i] = frames(s)
	}
	mux.HandleFunc("POST /v1/chat/completions", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<20))
		if err != nil {
			return
		}
		if i := recognise(known, body); i >= 0 {
			speak(w, said[i], known[i].pace)
			return
		}
		http.Error(w, `{"error":{"message":"no text of the bench"}}`, http.StatusBadRequest)
	})
	return mux
}

// recognise finds the scenario whose mark a body holds. A later text may hold an
// earlier one's.
func recognise(known []scenario, body []byte) int {
	for i, s := range slices.Backward(known) {
		if bytes.Contains(body, []byte(s.mark)) {
			return i
		}
	}
	return -1
}

// speak flushes after each frame, as a model's server does with each token; one
// write for all would spare both sides what a stream costs.
func speak(w http.ResponseWriter, frames [][]byte, pace time.Duration) {
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	for i, f := range frames {
		if i > 0 {
			time.Sleep(pace)
		}
		if _, err := w.Write(f); err != nil {
			return
		}
		if out.Flush() != nil {
			return
		}
	}
}

// frames are the events of a scenario's answer: one a chunk, then the reason of the
// end, the usage and the mark of the end.
func frames(s scenario) [][]byte {
	var out [][]byte
	for _, c := range s.chunks {
		out = append(out, event(delta(c), nil))
	}
	usage := map[string]int{"prompt_tokens": 250, "completion_tokens": len(s.chunks), "total_tokens": 250 + len(s.chunks)}
	stop := map[string]any{"index": 0, "delta": map[string]any{}, "finish_reason": "stop"}
	return append(out, event([]any{stop}, nil), event([]any{}, usage), []byte("data: [DONE]\n\n"))
}

func delta(content string) []any {
	return []any{map[string]any{"index": 0, "delta": map[string]any{"content": content}, "finish_reason": nil}}
}

// event is one frame of a stream, in the fields that servers of this kind send. The
// id and the time are the same in each answer, so that bytes can be compared.
func event(choices []any, usage map[string]int) []byte {
	frame := map[string]any{"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": choices}
	if usage != nil {
		frame["usage"] = usage
	}
	b, err := json.Marshal(frame)
	if err != nil {
		panic(err) // a map of strings and numbers always has a JSON form
	}
	return append(append([]byte("data: "), b...), "\n\n"...)
}
