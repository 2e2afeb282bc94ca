package front_test

import (
	"strings"
	"testing"

	"landfall/internal/audit"
	"landfall/internal/partner"
)

const (
	libraryText  = "社区图书馆从下周一起延长开放时间。周一到周五开到晚上九点，周末开到下午六点。馆里新添了座位和两间自习室，读者可以用借书证预约。图书馆还会在每周六上午办一次儿童故事会，由志愿者轮流主持，参加不收费。"
	librarySaid  = "图书馆下周一起延长开放时间，周一到周五开到晚上九点。"
	libraryInput = `{"input":{"text":"` + libraryText + `"}}`
)

// ended returns the closing entry of the one request.
func (w *world) ended(t *testing.T) (opened, closed audit.Entry) {
	t.Helper()
	all := w.records(t)
	if len(all) != 1 || all[0].Closed == nil {
		t.Fatalf("want one closed record, have %+v", all)
	}
	return *all[0].Opened, *all[0].Closed
}

// What no record can hold is refused, and the record is there without it.
func TestNoHeaderOrPathKeepsARequestOutOfTheLog(t *testing.T) {
	for name, tt := range map[string]struct {
		path, body, code string
		header           map[string]string
		status           int
	}{
		"a device":             {"/v1/features/summarize", libraryInput, "input_invalid", map[string]string{"Landfall-Device": "ger\xe4t"}, 400},
		"a user, streamed":     {"/v1/features/summarize", libraryInput, "input_invalid", map[string]string{"Landfall-User": "\xff", "Accept": "text/event-stream"}, 400},
		"both and a body":      {"/v1/features/summarize", `{`, "input_invalid", map[string]string{"Landfall-User": "\xff", "Landfall-Device": "\xfe"}, 400},
		"a user of a chat":     {"/v1/chat/completions", `{"model":"summarize","messages":[{"role":"user","content":"a"}]}`, "input_invalid", map[string]string{"Landfall-User": "\xff"}, 400},
		"a path that is bytes": {"/v1/features/%ff", libraryInput, "not_found", nil, 404},
		"a path with a line":   {"/v1/features/a%0Ab", libraryInput, "not_found", nil, 404},
		"a long path":          {"/v1/features/" + strings.Repeat("a", 70_000), libraryInput, "not_found", nil, 404},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			status, body := w.read(t, tt.path, tt.body, tt.header)
			opened, closed := w.ended(t)
			if status != tt.status || !strings.Contains(body, tt.code) || string(closed.Code) != tt.code || w.asked != 0 {
				t.Errorf("%d %.200s, %+v", status, body, closed)
			}
			if opened.Device != "" || opened.User != "" || len(opened.Feature) > 64 || tt.status == 404 && opened.Feature != "" {
				t.Errorf("the record holds %.200q of %.200q", opened.Feature, opened.Device+opened.User)
			}
		})
	}
}

// A parameter that changes nothing is warned of once, however often it stands there.
func TestOneWarningForNamesOfMessages(t *testing.T) {
	w := newWorld(t)
	w.says(partner.Script{{Text: librarySaid}})
	status, body := w.read(t, "/v1/chat/completions", `{"model":"summarize","messages":[`+strings.Repeat(`{"role":"user","content":"a","name":"b"},`, 3600)+`{"role":"user","content":"`+libraryText+`"}]}`, nil)
	if _, closed := w.ended(t); status != 200 || strings.Count(body, "parameter_ignored") != 1 || closed.Outcome != audit.Complete {
		t.Errorf("%d %.500s, %+v", status, body, closed)
	}
}
