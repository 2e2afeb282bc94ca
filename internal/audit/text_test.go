package audit_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"landfall/internal/audit"
)

func write(t testing.TB, f func(*bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteLine(t *testing.T) {
	o, c := openedFull(), closedFull()
	spaced := openedFull()
	spaced.App, spaced.Feature, spaced.Release = "a  complete  b", "-", ""
	for name, x := range map[string]struct {
		r    audit.Record
		want string
	}{
		"closed": {audit.Record{Opened: &o, Closed: &c},
			"r1  2026-02-25T06:13:20.123Z  withheld  XA  proofread  app_a  0123456789ab  market_rule\n"},
		"open": {audit.Record{Opened: &o},
			"r1  2026-02-25T06:13:20.123Z  open  XA  proofread  app_a  0123456789ab\n"},
		"no false columns": {audit.Record{Opened: &spaced},
			`r1  2026-02-25T06:13:20.123Z  open  XA  "-"  "a  complete  b"  -` + "\n"},
	} {
		got := write(t, func(b *bytes.Buffer) error { return audit.WriteLine(b, x.r) })
		if diff := cmp.Diff(x.want, got); diff != "" {
			t.Error(name, diff)
		}
	}
}

func TestWriteText(t *testing.T) {
	o, c := openedFull(), closedFull()
	o.Device = "\x1b[31mred\x1b[0m\x00\u202etxt.exe"
	got := write(t, func(b *bytes.Buffer) error { return audit.WriteText(b, audit.Record{Opened: &o, Closed: &c}) })
	want := `record r1
opened 2026-02-25T06:13:20.123Z, entry of r1
  app                  app_a
  market               XA
  feature              proofread
  device               "\u001b[31mred\u001b[0m\u0000\u202etxt.exe"
  user                 u
  form                 sse
  shows_labels         true
  release              ` + string(digest) + `
  approval_sequence    3
  purpose              serve
  rehearsal            true
  input_commitment     ` + string(digest) + `
closed 2026-02-25T06:13:21.000Z, entry of r1
  outcome              withheld
  code                 market_rule
  check                c
  reasons              ["not_ready"]
  stage                output
  rules                ["b","a"]
  rules_hit            3
  warnings             ["w"]
  of                   r0
  reported_model       m
  reported_fingerprint f
  attempts             2
  usage                {"input_tokens":1,"output_tokens":2,"cached_tokens":3}
  output_commitment    ` + string(digest) + `
  shown_length         4
  first_text_ms        5
  total_ms             6
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	running := write(t, func(b *bytes.Buffer) error { return audit.WriteText(b, audit.Record{Opened: &o}) })
	if !strings.HasSuffix(running, "\nopen\n") {
		t.Errorf("a record still open ends with %q", running[len(running)-20:])
	}
}

// checkText asserts what holds for every rendering of every record: no sign that
// moves, hides or ends a line, and no line that the data made.
func checkText(t testing.TB, r audit.Record) {
	t.Helper()
	line := write(t, func(b *bytes.Buffer) error { return audit.WriteLine(b, r) })
	text := write(t, func(b *bytes.Buffer) error { return audit.WriteText(b, r) })
	js := write(t, func(b *bytes.Buffer) error { return audit.WriteJSON(b, r) })
	for _, s := range []string{line, js} {
		if strings.Count(s, "\n") != 1 || !strings.HasSuffix(s, "\n") {
			t.Errorf("more than one line: %q", s)
		}
	}
	for l := range strings.Lines(text) {
		if head, _, _ := strings.Cut(strings.TrimSpace(l), " "); head == "" {
			t.Errorf("a line that is no field: %q", l)
		}
	}
	for _, s := range []string{line, text, js} {
		for _, r := range s {
			if r != '\n' && (unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector)) || !utf8.ValidString(s) {
				t.Fatalf("%U in %q", r, s)
			}
		}
	}
	var back audit.Record
	if err := json.Unmarshal([]byte(js), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, back); diff != "" {
		t.Error("the line of JSON says something else", diff)
	}
}

func TestHostileTextStaysData(t *testing.T) {
	for _, s := range []string{
		"a\nOK 200 admin approved\r\n{\"seq\":99}", "b\u0085c\u2028d\u2029e", "\x1b[31mred\x1b[0m\x00\u202etxt.exe",
		"\U000E0041\U000E0100", "\x7f\u200b\ufeff", `"\`, " ", "\u00a0", "-",
	} {
		e := audit.Entry{Kind: audit.Opened, Record: s, App: s, Market: s, Feature: s, Device: s, User: s}
		c := audit.Entry{Kind: audit.Closed, Record: s, Rules: []string{s, s}, Warnings: []string{s}, ReportedModel: s, Code: "x"}
		checkText(t, audit.Record{Seq: 1, Opened: &e, Closed: &c})
	}
}

// No store takes such an entry; an operator's terminal does not get it either.
func TestInvalidUTF8IsReplaced(t *testing.T) {
	r := audit.Record{Opened: &audit.Entry{Kind: audit.Opened, Record: "r\xff", App: "a\xc3"}}
	for _, f := range []func(*bytes.Buffer) error{
		func(b *bytes.Buffer) error { return audit.WriteLine(b, r) },
		func(b *bytes.Buffer) error { return audit.WriteText(b, r) },
	} {
		if s := write(t, f); !utf8.ValidString(s) {
			t.Errorf("%q", s)
		}
	}
	if err := audit.WriteJSON(new(bytes.Buffer), r); err == nil {
		t.Error("a line of JSON for what has no canonical form")
	}
}
