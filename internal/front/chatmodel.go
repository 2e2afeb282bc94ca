package front

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"landfall"
	"landfall/internal/feature"
)

// The OpenAI-compatible front: a model is a feature, the messages fill its main
// field, and its answer is the message that comes back. What shapes the answer is
// the release's all the same.

// maxChoices bounds n.
const maxChoices = 3

// model is what the chat form must know of a feature.
type model struct {
	main   string
	turns  bool            // main holds a conversation, else one text
	inputs landfall.Object // the input's properties
	// lanes are the JSON Pointers of the text in the output, one for each choice;
	// none: the answer is the whole output, as JSON.
	lanes []string
}

// modelOf reads it from a feature's file; false for a feature whose main field, or the
// one it names for a chat, is neither one text nor the turns of a conversation.
func modelOf(d feature.Definition) (model, bool) {
	m := model{main: cmp.Or(d.Chat, d.Main), inputs: member(d.Input, "properties")}
	main := member(m.inputs, m.main)
	switch main.Text("type") {
	case "string":
	case "array":
		turn := member(member(main, "items"), "properties")
		_, role := turn.Get("role")
		_, content := turn.Get("content")
		if m.turns = role && content; !m.turns {
			return m, false
		}
	default:
		return m, false
	}
	if d.Stream == "delta" && d.Lane != "" {
		m.lanes = lanesOf(d.Lane)
	}
	return m, true
}

// lanesOf are the places of a text: of a list's first entry, those of the next too.
func lanesOf(first string) []string {
	lanes := []string{first}
	for i := 1; i < maxChoices && strings.Contains(first, "/0/"); i++ {
		lanes = append(lanes, strings.Replace(first, "/0/", "/"+strconv.Itoa(i)+"/", 1))
	}
	return lanes
}

// takes reports whether the feature's input has a field.
func (m model) takes(field string) bool {
	_, ok := m.inputs.Get(field)
	return ok
}

func member(o landfall.Object, key string) landfall.Object {
	v, _ := o.Get(key)
	inner, _ := v.(landfall.Object)
	return inner
}

// lookup finds the feature a model's name stands for.
func (h *handler) lookup(app landfall.App, id string) (m model, known, fits bool) {
	if h.Definition == nil {
		return m, false, false
	}
	d, known := h.Definition(app, id)
	if known {
		m, fits = modelOf(d)
	}
	return m, known, fits
}

// listed is an entry of GET /v1/models.
type listed struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

// listModels returns the features that the app may call as models now.
func (h *handler) listModels(app landfall.App) []listed {
	out := []listed{}
	for _, f := range h.Availability(landfall.Request{App: app, Processing: "partner_ok"}).Features {
		if _, _, fits := h.lookup(app, f.ID); fits && f.OfferUI {
			out = append(out, listed{f.ID, "model", h.started.Unix(), "landfall"})
		}
	}
	return out
}

func (h *handler) models(w http.ResponseWriter, _ *http.Request, app landfall.App) {
	writeJSON(w, http.StatusOK, struct {
		Object string   `json:"object"`
		Data   []listed `json:"data"`
	}{"list", h.listModels(app)})
}

func (h *handler) model(w http.ResponseWriter, r *http.Request, app landfall.App) {
	id := r.PathValue("model")
	all := h.listModels(app)
	i := slices.IndexFunc(all, func(m listed) bool { return m.ID == id })
	if i < 0 {
		h.fail(w, r, noModel(id))
		return
	}
	writeJSON(w, http.StatusOK, all[i])
}

func noModel(id string) *landfall.Error {
	return landfall.Errorf(landfall.CodeNotFound, "no model %q for this key now: GET /v1/models lists them", id).With("field", "/model")
}

// isChat reports whether a path belongs to the OpenAI-compatible front, whose
// errors have OpenAI's form.
func isChat(path string) bool {
	return strings.HasPrefix(path, "/v1/chat/") || path == "/v1/models" || strings.HasPrefix(path, "/v1/models/")
}
