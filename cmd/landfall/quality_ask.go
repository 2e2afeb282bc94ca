package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"landfall"
	"landfall/api"
	"landfall/internal/quality"
)

// asker asks through the feature API as an app would. It refuses answers of another
// model than the one that is measured, and asks once more where the engine failed.
func asker(c api.Client, model string) quality.Asker {
	return func(ctx context.Context, feature, language string, input landfall.Object) (quality.Answer, error) {
		locale := map[string]string{"zh": "zh-Hans-CN", "en": "en-US"}[language]
		body := landfall.AppendJSON(nil, landfall.Object{{Key: "input", Value: input}, {Key: "locale", Value: locale}})
		a, err := askOnce(ctx, c, feature, body)
		if err == nil && a.Code == landfall.CodePartnerError && waitReady(ctx, c, time.Minute) == nil {
			a, err = askOnce(ctx, c, feature, body)
		}
		if err == nil && a.Model != "" && a.Model != model {
			err = fmt.Errorf("the gateway answers with %s, measured is %s: set LANDFALL_MODEL as for the gateway", a.Model, model)
		}
		return a, err
	}
}

func askOnce(ctx context.Context, c api.Client, feature string, body []byte) (quality.Answer, error) {
	var a quality.Answer
	began := time.Now()
	for event, err := range c.Stream(ctx, feature, body) {
		if err != nil {
			return a, err
		}
		if a.FirstMS == 0 && (event.Name == "delta" || event.Name == "snapshot") {
			a.FirstMS = max(1, time.Since(began).Milliseconds())
		}
		if event.Name == "done" {
			if err := fillAnswer(&a, event.Data); err != nil {
				return a, err
			}
		}
	}
	a.TookMS = time.Since(began).Milliseconds()
	return a, nil
}

// fillAnswer reads the envelope. That the gateway cannot answer now is an error.
func fillAnswer(a *quality.Answer, done []byte) error {
	var e api.Envelope
	if err := json.Unmarshal(done, &e); err != nil {
		return err
	}
	a.Status, a.Attempts, a.Repairs, a.InputTokens, a.OutputTokens = e.Status, e.Attempts, e.Repairs, e.Usage.Input, e.Usage.Output
	if e.ServedBy != nil {
		a.Model = e.ServedBy.Model
	}
	for _, w := range e.Warnings {
		a.Warnings = append(a.Warnings, w.Code)
	}
	if err := e.Err(); err != nil {
		failed := landfall.AsError(err)
		a.Code, a.Message = failed.Code, failed.Message
		for _, r := range failed.Reasons {
			if failed.Code == landfall.CodeUnavailable && r.Code != landfall.ReasonNotOffered && r.Code != landfall.ReasonNotApproved {
				return failed
			}
		}
		var params struct {
			Check string `json:"check"`
		}
		_ = json.Unmarshal(e.Error, &params)
		a.Check = params.Check
		return nil
	}
	return json.Unmarshal(e.Output, &a.Output)
}

func waitReady(ctx context.Context, c api.Client, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for {
		err := c.Ready(ctx)
		if err == nil || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
	}
}
