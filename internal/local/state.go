package local

import (
	"context"
	"slices"

	"landfall"
)

// Phase is what the endpoint is doing.
type Phase string

const (
	Downloading Phase = "downloading"
	Loading     Phase = "loading" // and before Start, and between two runs of the engine
	Ready       Phase = "ready"
	Missing     Phase = "missing" // no file, or another file than the catalogue's
	Broken      Phase = "broken"  // the engine cannot be had or does not stay up
)

// ReasonAssetsMissing joins the root's reasons: files that have to be put in place.
const ReasonAssetsMissing = "assets_missing"

// State is what people are told of the endpoint.
type State struct {
	Phase   Phase
	Percent int // of the download
	Message string
	// Note tells of a choice nobody asked for, such as the small model.
	Note    string
	Threads int
	Steps   []Step // where the time went so far
}

// State returns the present state.
func (e *Engine) State() State {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.state
	s.Steps = slices.Clone(s.Steps)
	return s
}

// set changes the state, and e.address with it, and wakes those who wait.
func (e *Engine) set(change func(*State)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(&e.state)
	close(e.changed)
	e.changed = make(chan struct{})
}

// Reasons says why the model cannot be asked now; none when it can.
func (e *Engine) Reasons() []landfall.Reason {
	s := e.State()
	switch s.Phase {
	case Ready:
		return nil
	case Downloading:
		r := landfall.NewReason(landfall.ReasonModelDownloading, "the model %s is being fetched, %d %% so far", e.model.ID, s.Percent)
		r.Percent = &s.Percent
		return []landfall.Reason{r}
	case Missing:
		return []landfall.Reason{landfall.NewReason(ReasonAssetsMissing, "the file of the model %s is missing or is not the approved one", e.model.ID)}
	case Broken:
		r := landfall.NewReason(landfall.ReasonPartnerDown, "the engine of the model %s does not run", e.model.ID)
		r.Waiting = false
		return []landfall.Reason{r}
	}
	return []landfall.Reason{landfall.NewReason(landfall.ReasonNotReady, "the model %s is being loaded", e.model.ID)}
}

// Parallel is how many requests the embedded engine decodes at once; 0 for a server of
// the operator's, which knows by itself.
func (e *Engine) Parallel() int {
	if e.foreign {
		return 0
	}
	return parallel
}

// Locate returns the base address of the endpoint, "http://127.0.0.1:port/v1",
// and the token for its Authorization header. While the model is loaded it waits
// until the context ends; a download it does not wait for. The error is a
// *[landfall.Error]: unavailable, or assets_missing, with its reasons; or the
// context's when the caller went away.
func (e *Engine) Locate(ctx context.Context) (baseURL, token string, err error) {
	for {
		e.mu.Lock()
		phase, message, changed := e.state.Phase, e.state.Message, e.changed
		baseURL, token = e.address, e.token
		e.mu.Unlock()
		switch phase {
		case Ready:
			return baseURL, token, nil
		case Loading:
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				if ctx.Err() == context.Canceled {
					return "", "", ctx.Err()
				}
			}
		}
		return "", "", e.unavailable(phase, message, ctx.Err())
	}
}

func (e *Engine) unavailable(phase Phase, message string, cause error) error {
	code, text := landfall.CodeUnavailable, "the local model cannot answer now"
	if phase == Missing {
		code, text = landfall.CodeAssetsMissing, "the local model's file is missing or is not the approved one"
	}
	err := landfall.Errorf(code, "%s", text)
	err.Reasons = e.Reasons()
	if cause == nil {
		cause = stateError(message)
	}
	return err.Because(cause)
}

// stateError is a state's message as a cause, for the log: it may hold paths.
type stateError string

func (e stateError) Error() string { return string(e) }
