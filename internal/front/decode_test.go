package front_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"landfall"
	"landfall/internal/front"
)

func TestDecode(t *testing.T) {
	seed := int64(-3)
	base := landfall.Request{
		ID: "lf_1", App: landfall.App{ID: "app_1", Market: "XA"}, Feature: "summarize",
		Unit: landfall.UTF16, Processing: "partner_ok", Input: landfall.Object{},
	}
	for body, want := range map[string]func(*landfall.Request){
		`{"input":{}}`:                        func(*landfall.Request) {},
		" \n{\"input\" : { } } ":              func(*landfall.Request) {},
		`{"input":{"text":"x","n":[1]}}`:      func(r *landfall.Request) { r.Input = object(t, `{"text":"x","n":[1]}`) },
		`{"input":{},"options":{"a":true}}`:   func(r *landfall.Request) { r.Options = object(t, `{"a":true}`) },
		`{"input":{},"locale":"zh-Hans-CN"}`:  func(r *landfall.Request) { r.Locale = "zh-Hans-CN" },
		`{"input":{},"output_language":"en"}`: func(r *landfall.Request) { r.OutputLanguage = "en" },
		`{"input":{},"output_language":null}`: func(*landfall.Request) {},
		`{"input":{},"processing":"device_only","guard_mode":"generate","offset_unit":"byte"}`: func(r *landfall.Request) {
			r.Processing, r.GuardMode, r.Unit = "device_only", "generate", landfall.Byte
		},
		`{"input":{},"consent":{"partner":"granted","record_id":"r"}}`:  func(r *landfall.Request) { r.Consent = "granted" },
		`{"input":{},"audience":{"age_band":"teen"},"foreground":true}`: func(r *landfall.Request) { r.AgeBand = "teen" },
		`{"input":{},"seed":-3,"deadline_ms":1500}`: func(r *landfall.Request) {
			r.Seed, r.Deadline = &seed, 1500*time.Millisecond
		},
		`{"input":{},"deadline_ms":9223372036854775807}`: func(r *landfall.Request) { r.Deadline = time.Hour },
		`{"input":{},"idempotency_key":"order 1"}`:       func(r *landfall.Request) { r.IdempotencyKey = "order 1" },
		`{"input":{},"idempotency_key":""}`:              func(*landfall.Request) {},
	} {
		t.Run(body, func(t *testing.T) {
			l := &line{chunks: done(landfall.Complete, nil)}
			call(handler(l), body)
			expected := base
			expected.Body = []byte(body)
			want(&expected)
			if diff := cmp.Diff(expected, l.got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is wrong is said with its place, and the request goes to the line all the
// same, which records it.
func TestDecodeRefuses(t *testing.T) {
	long := strings.Repeat("x", 129)
	for name, c := range map[string]struct{ body, field, says string }{
		"nothing":                {``, "", "ends too early"},
		"broken":                 {`{"input":{}`, "", "ends too early"},
		"two values":             {`{"input":{}} {}`, "", "something follows"},
		"invalid UTF-8":          {"{\"input\":{\"text\":\"caf\xe9\"}}", "", "invalid UTF-8 at byte 21"},
		"half of an emoji":       {`{"input":{"text":"a\ud83d b"}}`, "/input/text", "surrogate"},
		"a name twice":           {`{"input":{"brief":"a","brief":"b"}}`, "/input/brief", "twice"},
		"the same, escaped":      {`{"input":{},"inp\u0075t":{}}`, "/input", "twice"},
		"too deep":               {`{"input":{"a":` + strings.Repeat("[", 5000), "/input/a" + strings.Repeat("/0", 4095), "deeper than 4096"},
		"a list":                 {`[]`, "", "want an object, have array"},
		"no input":               {`{}`, "/input", "is missing"},
		"input is null":          {`{"input":null}`, "/input", "want an object, have null"},
		"input is text":          {`{"input":"x"}`, "/input", "want an object, have string"},
		"a market":               {`{"input":{},"market":"XB"}`, "/market", "unknown field"},
		"an unknown field":       {`{"input":{},"a/b~c":1}`, "/a~1b~0c", "unknown field"},
		"another case":           {`{"Input":{}}`, "/Input", "unknown field"},
		"an unknown in consent":  {`{"input":{},"consent":{"a/b":1}}`, "/consent/a~1b", "consent has partner and record_id"},
		"an unknown in audience": {`{"input":{},"audience":{"age":7}}`, "/audience/age", "audience has age_band"},
		"consent":                {`{"input":{},"consent":{"partner":"maybe"}}`, "/consent/partner", "ask, granted, denied"},
		"consent of a kind":      {`{"input":{},"consent":true}`, "/consent", "want an object, have boolean"},
		"consent's record":       {`{"input":{},"consent":{"record_id":7}}`, "/consent/record_id", "want a string, have number"},
		"age":                    {`{"input":{},"audience":{"age_band":"old"}}`, "/audience/age_band", "child, teen, adult, unknown"},
		"options":                {`{"input":{},"options":[]}`, "/options", "want an object, have array"},
		"processing":             {`{"input":{},"processing":"anywhere"}`, "/processing", "device_only"},
		"processing of a kind":   {`{"input":{},"processing":1}`, "/processing", "device_only"},
		"offset unit":            {`{"input":{},"offset_unit":"line"}`, "/offset_unit", "utf16, codepoint, byte"},
		"guard mode":             {`{"input":{},"guard_mode":"off"}`, "/guard_mode", "generate, transform"},
		"foreground":             {`{"input":{},"foreground":"yes"}`, "/foreground", "want true or false, have string"},
		"seed":                   {`{"input":{},"seed":"7"}`, "/seed", "want a whole number, have string"},
		"seed with a part":       {`{"input":{},"seed":7.5}`, "/seed", "want a whole number"},
		"seed too large":         {`{"input":{},"seed":9223372036854775808}`, "/seed", "want a whole number"},
		"no time":                {`{"input":{},"deadline_ms":0}`, "/deadline_ms", "1 or more"},
		"a long key":             {`{"input":{},"idempotency_key":"` + long + `"}`, "/idempotency_key", "longer than 128 bytes"},
		"a line break":           {`{"input":{},"idempotency_key":"a\nb"}`, "/idempotency_key", "control character"},
		"a line separator":       {`{"input":{},"idempotency_key":"a\u2028b"}`, "/idempotency_key", "control character"},
		"a colour":               {`{"input":{},"locale":"\u001b[31m"}`, "/locale", "control character"},
		"a turned line":          {`{"input":{},"output_language":"\u202e"}`, "/output_language", "control character"},
		"a long locale":          {`{"input":{},"locale":"` + long + `"}`, "/locale", "longer than 35 bytes"},
		"the first thing wins":   {`{"input":{},"seed":"x","locale":7}`, "/seed", "whole number"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &line{answer: fail}
			w := call(handler(l), c.body)
			if w.Code != http.StatusBadRequest || l.calls != 1 || l.got.Err == nil {
				t.Fatalf("%d after %d calls: %s", w.Code, l.calls, w.Body)
			}
			e := l.got.Err
			field, _ := e.Params.Get("field")
			if e.Code != landfall.CodeInputInvalid || field != c.field || !strings.Contains(e.Message, c.says) {
				t.Errorf("%s at %q: %.200s", e.Code, field, e.Message)
			}
			if string(l.got.Body) != c.body {
				t.Error("the body is not the one that came")
			}
		})
	}
}

func TestBodyTooLarge(t *testing.T) {
	for _, c := range []struct {
		size int
		ok   bool
	}{{front.MaxBody, true}, {front.MaxBody + 1, false}} {
		body := `{"input":{}}` + strings.Repeat(" ", c.size-len(`{"input":{}}`))
		l := &line{answer: fail}
		w := call(handler(l), body)
		if c.ok != (l.got.Err == nil) {
			t.Fatalf("%d bytes: %v", c.size, l.got.Err)
		}
		if c.ok {
			continue
		}
		limit, count := param(l.got.Err, "limit"), param(l.got.Err, "count")
		if w.Code != http.StatusRequestEntityTooLarge || limit != any(front.MaxBody) || count != any(int64(c.size)) {
			t.Errorf("status %d, limit %v, count %v", w.Code, limit, count)
		}
	}
}

func TestPseudonyms(t *testing.T) {
	l := &line{answer: fail}
	h := handler(l)
	call(h, `{"input":{}}`, "Landfall-Device: d-1", "Landfall-User: u-1")
	if l.got.Device != "d-1" || l.got.User != "u-1" || l.got.Err != nil {
		t.Errorf("%+v", l.got)
	}
	for _, bad := range []string{strings.Repeat("x", 129), "a\tb", "a\x1b[31m", "a\u202eb"} {
		for _, name := range []string{"Landfall-Device", "Landfall-User"} {
			call(h, `{"input":{}}`, name+": "+bad)
			if l.got.Err == nil || param(l.got.Err, "field") != any(name) || l.got.Device+l.got.User != "" {
				t.Errorf("%s %q: %v", name, bad, l.got.Err)
			}
		}
	}
}

// Whatever comes, the reply is an envelope, and a body that was taken has an input.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"input":{"text":"x"},"seed":1,"deadline_ms":2,"consent":{"partner":"ask"},"audience":{"age_band":"teen"}}`,
		`{"input":{},"input":{}}`, `{"input":{"a":[[[{}]]]}}`, "\xff", `{"idempotency_key":"\u202e"}`, `{"seed":1e400}`, `null`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		l := &line{answer: fail}
		w := call(handler(l), string(body))
		if _, err := landfall.ParseJSON(w.Body.Bytes()); err != nil {
			t.Fatalf("no envelope: %v: %s", err, w.Body)
		}
		switch {
		case l.got.Err == nil && l.got.Input == nil:
			t.Error("taken without an input")
		case l.got.Err != nil && l.got.Err.Code != landfall.CodeInputInvalid:
			t.Error(l.got.Err)
		}
	})
}

func param(e *landfall.Error, key string) any {
	v, _ := e.Params.Get(key)
	return v
}
