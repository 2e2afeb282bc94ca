package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"landfall"
)

// askTime bounds what Open asks of others.
const askTime = 3 * time.Second

// foreignEvery is how often a server of the user's is asked whether it is there.
const foreignEvery = 10 * time.Second

// openForeign asks a server what it serves. It asks for lists only: a model is
// asked nothing without a permit.
func (e *Engine) openForeign(c Config) error {
	e.foreign = true
	root := strings.TrimSuffix(strings.TrimRight(c.URL, "/"), "/v1")
	e.address = root + "/v1"
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	ids, err := e.foreignModels(ctx)
	if err != nil {
		return fmt.Errorf("LANDFALL_LOCAL_URL: %w", err)
	}
	id, err := pick(ids, c.Model)
	if err != nil {
		return fmt.Errorf("LANDFALL_LOCAL_URL: %w", err)
	}
	e.model = landfall.Model{ID: id, Identity: id}
	// llama.cpp also says which build it is, which its answers repeat; others do not.
	var props struct {
		Build string `json:"build_info"`
	}
	if e.getJSON(ctx, root+"/props", &props) == nil {
		e.model.Fingerprint = props.Build
	}
	return nil
}

// pick returns the model asked for, or the only one.
func pick(ids []string, want string) (string, error) {
	for _, id := range ids {
		if id == want || want == "" && len(ids) == 1 {
			return id, nil
		}
	}
	if want == "" {
		return "", fmt.Errorf("it serves %d models (%s): name one with LANDFALL_MODEL", len(ids), strings.Join(ids, ", "))
	}
	return "", fmt.Errorf("it does not serve %q; it serves %s", want, strings.Join(ids, ", "))
}

func (e *Engine) foreignModels(ctx context.Context) ([]string, error) {
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := e.getJSON(ctx, e.address+"/models", &list); err != nil {
		return nil, err
	}
	var ids []string
	for _, m := range list.Data {
		ids = append(ids, m.ID)
	}
	if len(ids) == 0 {
		return nil, errors.New("it lists no model")
	}
	return ids, nil
}

func (e *Engine) getJSON(ctx context.Context, url string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if e.token != "" {
		req.Header.Set("Authorization", "Bearer "+e.token)
	}
	res, err := hubClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, res.Status)
	}
	return json.NewDecoder(io.LimitReader(res.Body, 4<<20)).Decode(into)
}

// watchForeign keeps the state of a server that somebody else runs.
func (e *Engine) watchForeign(ctx context.Context) {
	tick := time.NewTicker(foreignEvery)
	defer tick.Stop()
	for {
		ask, cancel := context.WithTimeout(ctx, askTime)
		_, err := e.foreignModels(ask)
		cancel()
		if ctx.Err() != nil {
			return
		}
		e.set(func(s *State) {
			s.Phase, s.Message = Ready, ""
			if err != nil {
				s.Phase, s.Message = Broken, err.Error()
			}
		})
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
