package gateway_test

import (
	"context"
	"strings"
	"testing"

	"landfall"
	"landfall/internal/audit"
)

// Personal data in an answer goes to apps that are entitled to it, and masked to any
// other: which is told, and stands in the record. A replay follows the rights of today.
func TestPersonalDataGoesToTheEntitled(t *testing.T) {
	r := newRig(t)
	r.says(`{"who":"小禾","phone":"13800000000"}`, 0)
	ask := func(id, key string, entitled bool) answer {
		req := request("extract", "请联系小禾，电话13800000000。")
		req.ID, req.IdempotencyKey, req.App.PersonalData = id, key, entitled
		req.Input = append(req.Input, landfall.Member{Key: "json_schema", Value: landfall.Object{{Key: "type", Value: "object"}, {Key: "properties", Value: landfall.Object{
			{Key: "who", Value: landfall.Object{{Key: "type", Value: "string"}}}, {Key: "phone", Value: landfall.Object{{Key: "type", Value: "string"}}},
		}}}})
		return r.ask(context.Background(), req)
	}
	open, closed := ask("lf_open", "a", true), ask("lf_closed", "b", false)
	for name, c := range map[string]struct {
		answer
		phone string
	}{"entitled": {open, "13800000000"}, "not entitled": {closed, "***********"}} {
		data, _ := c.output.Get("data")
		o, _ := data.(landfall.Object)
		if c.done.Status != landfall.Complete || o.Text("phone") != c.phone || o.Text("who") != "小禾" {
			t.Errorf("%s: %s %v, %s", name, c.done.Status, c.done.Err, landfall.AppendJSON(nil, c.output))
		}
	}
	for id, want := range map[string]bool{"lf_open": false, "lf_closed": true} {
		rec, err := r.store.Get(context.Background(), id)
		if err != nil || rec.Closed.Outcome != audit.Complete || strings.Contains(strings.Join(rec.Closed.Warnings, " "), "personal_data_masked") != want {
			t.Errorf("%s: warnings %q, %v", id, rec.Closed.Warnings, err)
		}
	}
	if a := ask("lf_later", "a", false); code(a) != landfall.CodeConflict || a.output != nil {
		t.Errorf("a replay to an app that lost the right: %s %s", a.done.Status, landfall.AppendJSON(nil, a.output))
	}
	if a := ask("lf_again", "b", false); !a.done.Replayed {
		t.Errorf("a replay under the same rights: %+v", a.done.Err)
	}
}

// Whether a record fits the caller's schema is said of the record as it is shown.
func TestAMaskedRecordSaysWhetherItFits(t *testing.T) {
	r := newRig(t)
	r.says(`{"phone":"138.0000.0000"}`, 0)
	for form, want := range map[string]any{"^[0-9.]*$": false, "^[0-9.*]*$": true} {
		req := request("extract", "请联系小禾，电话138.0000.0000。")
		req.ID = "lf_" + form
		req.Input = append(req.Input, landfall.Member{Key: "json_schema", Value: landfall.Object{{Key: "type", Value: "object"}, {Key: "properties", Value: landfall.Object{
			{Key: "phone", Value: landfall.Object{{Key: "type", Value: "string"}, {Key: "pattern", Value: form}}},
		}}}})
		a := r.ask(context.Background(), req)
		data, _ := a.output.Get("data")
		if valid, _ := a.output.Get("valid"); valid != want || data.(landfall.Object).Text("phone") != "***.****.****" {
			t.Errorf("%s: %v, %s", form, a.done.Err, landfall.AppendJSON(nil, a.output))
		}
	}
}
