// Package clients_test shows that the OpenAI clients people have work with Landfall
// as they are. One table of scripted answers goes through the real gateway to each
// client, in both forms; all must see the same. The clients are in a module of their
// own: the product depends on none of them.
package clients_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// scenario is a request, what the model says to it, and what a client must see.
type scenario struct {
	Name     string          `json:"name"`
	Key      string          `json:"key"`     // whose: a market's app, own, or wrong
	Form     string          `json:"form"`    // unary or streamed; "" is both
	Request  json.RawMessage `json:"request"` // CLIENT in it is the client's name
	Retries  int             `json:"retries"` // that the client makes by itself
	Fails    int             `json:"fails"`   // of the calls for one text, the first so many fail
	HangUp   bool            `json:"hangup"`  // the client leaves after the first text
	Upstream []string        `json:"upstream"`
	Want     seen            `json:"want"`
	Streamed *seen           `json:"streamed"` // where that is not Want
}

// text is the last one of the user.
func (s scenario) text() string {
	var r struct {
		Messages []struct {
			Role    string
			Content json.RawMessage
		}
	}
	_ = json.Unmarshal(s.Request, &r)
	for _, m := range slices.Backward(r.Messages) {
		var text string
		var parts []struct{ Text string }
		if m.Role == "user" && json.Unmarshal(m.Content, &text) == nil {
			return text
		}
		if m.Role == "user" && json.Unmarshal(m.Content, &parts) == nil {
			return parts[0].Text
		}
	}
	return ""
}

// seen is what a client saw of an answer; drivers write it as JSON.
type seen struct {
	Name     string   `json:"name,omitempty"`
	Form     string   `json:"form,omitempty"`
	Content  []string `json:"content,omitempty"` // of each choice
	Finish   []string `json:"finish,omitempty"`
	Refusal  string   `json:"refusal,omitempty"`
	Tools    []string `json:"tools,omitempty"` // "id name arguments"
	Usage    []int    `json:"usage,omitempty"` // read, written; when finished
	Status   string   `json:"status,omitempty"`
	Label    string   `json:"label,omitempty"` // of x_landfall, when it came before any text
	Withheld []string `json:"withheld,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	Error    *fault   `json:"error,omitempty"`
}

type fault struct {
	Status int    `json:"status,omitempty"`
	Code   string `json:"code,omitempty"`
	Type   string `json:"type,omitempty"`
	Param  string `json:"param,omitempty"`
}

func (s seen) String() string {
	s.Name, s.Form = "", ""
	for i, c := range s.Content {
		s.Content[i] = notice().ReplaceAllString(c, "NOTICE")
	}
	if strings.Join(s.Finish, "") == "" {
		s.Finish = nil
	}
	b, _ := json.Marshal(s)
	return string(b)
}

// notice finds what a person reads of the market CN's notice, with the number of an appeal.
var notice = sync.OnceValue(func() *regexp.Regexp {
	b, err := os.ReadFile("../packs/market/CN/notices.yaml")
	if err != nil {
		panic(err)
	}
	words := regexp.MustCompile(`(?s)zh:\s+message: ([^\n]+)\n +appeal: ([^\n]+)`).FindStringSubmatch(string(b))
	return regexp.MustCompile(regexp.QuoteMeta(words[1]+" "+words[2]) + ` lf_[0-9a-v]{26}:\S+`)
})

// driver runs every scenario in both forms.
type driver struct {
	name string
	run  func(t *testing.T, g *gateway, scenarios []scenario) []seen
	// keeps says what of an answer the client hands on; nil is all.
	keeps func(seen) seen
	// only limits it to scenarios that its own API can ask for; nil is all.
	only func(scenario) bool
}

func TestMatrix(t *testing.T) {
	b, err := os.ReadFile("testdata/scenarios.json")
	if err != nil {
		t.Fatal(err)
	}
	var scenarios []scenario
	if err := json.Unmarshal(b, &scenarios); err != nil {
		t.Fatal(err)
	}
	u, url := startUpstream(t, scenarios)
	g := startGateway(t, url)
	t.Run("clients", func(t *testing.T) {
		for _, d := range drivers {
			t.Run(d.name, func(t *testing.T) {
				t.Parallel()
				d.check(t, g, scenarios)
			})
		}
		t.Run("README", func(t *testing.T) { checkREADME(t, g) })
	})
	hangUps := 0
	for _, d := range drivers {
		for _, s := range scenarios {
			if s.HangUp && d.takes(s) {
				hangUps++
			}
		}
	}
	if !poll(20*time.Second, func() bool { return u.hungUp() >= hangUps }) {
		t.Errorf("the model saw %d hang-ups, want %d", u.hungUp(), hangUps)
	}
	// The end of an abandoned answer may still be on its way to the disk.
	abandoned := regexp.MustCompile(`"outcome":"abandoned"`)
	if !poll(20*time.Second, func() bool { return len(abandoned.FindAllString(g.run("audit", "list", "--json"), -1)) == hangUps }) {
		t.Errorf("want %d abandoned records in\n%s", hangUps, g.run("audit", "list"))
	}
	for _, form := range []string{`"form":"chat-json"`, `"form":"chat-sse"`} {
		if !strings.Contains(g.run("audit", "list", "--json"), form) {
			t.Errorf("no record says %s", form)
		}
	}
}

func (d driver) takes(s scenario) bool { return d.only == nil || d.only(s) }

func (d driver) check(t *testing.T, g *gateway, all []scenario) {
	var scenarios []scenario
	for _, s := range all {
		if d.takes(s) {
			scenarios = append(scenarios, s)
		}
	}
	got := d.run(t, g, scenarios)
	for _, s := range scenarios {
		for _, form := range []string{"unary", "streamed"} {
			if s.Form != "" && s.Form != form {
				continue
			}
			want := s.Want
			if form == "streamed" && s.Streamed != nil {
				want = *s.Streamed
			}
			i := slices.IndexFunc(got, func(g seen) bool { return g.Name == s.Name && g.Form == form })
			if i < 0 {
				t.Errorf("%s, %s: not seen", s.Name, form)
				continue
			}
			if d.keeps != nil {
				want.Form = form
				want = d.keeps(want)
			}
			if g, w := got[i].String(), want.String(); g != w {
				t.Errorf("%s, %s:\n got %s\nwant %s", s.Name, form, g, w)
			}
		}
	}
}

// child runs a driver in another language: scenarios in, what was seen out.
func child(command string, args ...string) func(*testing.T, *gateway, []scenario) []seen {
	return func(t *testing.T, g *gateway, scenarios []scenario) []seen {
		path := os.Getenv(command)
		if path == "" {
			t.Fatalf("%s is not set: run scripts/clients.sh", command)
		}
		in, err := json.Marshal(map[string]any{"url": g.url, "keys": g.keys, "scenarios": scenarios})
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(path, args...)
		cmd.Stdin = bytes.NewReader(in)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", path, strings.Join(args, " "), err, errs.String())
		}
		var all []seen
		if err := json.Unmarshal(out, &all); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return all
	}
}

// each runs one scenario after the other, in both forms, in this process.
func each(one func(g *gateway, s scenario, form string) seen) func(*testing.T, *gateway, []scenario) []seen {
	return func(t *testing.T, g *gateway, scenarios []scenario) (all []seen) {
		for _, s := range scenarios {
			for _, form := range []string{"unary", "streamed"} {
				if s.Form != "" && s.Form != form {
					continue
				}
				as := s
				as.Request = bytes.ReplaceAll(s.Request, []byte("CLIENT"), fmt.Appendf(nil, "%s %s", strings.ReplaceAll(t.Name(), "/", " "), form))
				got := one(g, as, form)
				got.Name, got.Form = s.Name, form
				all = append(all, got)
			}
		}
		return all
	}
}

// news is what x_landfall said in an answer.
func (s *seen) news(raw string) {
	var x struct {
		Status   string
		Labels   struct{ Explicit struct{ Text string } }
		Withheld []struct{ Class string }
		Warnings []struct{ Code string }
	}
	if json.Unmarshal([]byte(raw), &x) != nil {
		return
	}
	if x.Status != "" {
		s.Status = x.Status
	}
	if x.Labels.Explicit.Text != "" && strings.Join(s.Content, "") == "" {
		s.Label = x.Labels.Explicit.Text
	}
	for _, w := range x.Withheld {
		s.Withheld = append(s.Withheld, w.Class)
	}
	for _, w := range x.Warnings {
		s.Warnings = append(s.Warnings, w.Code)
	}
}

// piece adds a delta of a choice.
func (s *seen) piece(choice int, text, finish string) {
	for len(s.Content) <= choice {
		s.Content, s.Finish = append(s.Content, ""), append(s.Finish, "")
	}
	s.Content[choice] += text
	if finish != "" {
		s.Finish[choice] = finish
	}
}

func (s *seen) usage(read, written int) {
	if read+written > 0 {
		s.Usage = []int{read, written}
	}
}

func (s scenario) model() string {
	var r struct{ Model string }
	_ = json.Unmarshal(s.Request, &r)
	return r.Model
}
