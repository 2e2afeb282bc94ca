package partner_test

import (
	"context"
	"errors"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"landfall"
	"landfall/internal/partner"
)

// play asks a scripted partner.
func play(t *testing.T, cfg partner.Config, steps ...partner.Step) told {
	t.Helper()
	w := newWorld(t, scripted)
	cfg.Script = func(landfall.Redeemed, landfall.Prompt) partner.Script { return steps }
	return listen(t, w.partners(cfg).Ask(t.Context(), w.permit(), w.prompt))
}

func scripted(r *landfall.Release) { r.Partner.ID = "scripted" }

func TestBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := play(t, partner.Config{},
			partner.Step{Pause: 600 * time.Millisecond, Text: "a"},
			partner.Step{Pause: 100 * time.Millisecond, Text: "b"},
			partner.Step{Pause: 300 * time.Millisecond, Text: "c"},
		)
		want := []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, 250 * time.Millisecond}
		if got.Text != "abc" || got.Err != nil || got.Finish != landfall.FinishStop || !slices.Equal(got.Beats, want) {
			t.Errorf("got %+v", got)
		}
	})
}

func TestTimeouts(t *testing.T) {
	second := time.Second
	for _, c := range []struct {
		name  string
		cfg   partner.Config
		steps []partner.Step
		text  string
		err   string
		after time.Duration
	}{
		{"first token", partner.Config{}, []partner.Step{{Pause: 200 * second, Text: "a"}}, "", "first_token", 120 * second},
		{"first token, usage is none", partner.Config{}, usages(130), "", "first_token", 120 * second},
		{"idle", partner.Config{}, []partner.Step{{Text: "a"}, {Pause: 100 * second, Text: "b"}}, "a", "idle", 90 * second},
		{"idle, usage is no progress", partner.Config{}, append([]partner.Step{{Text: "a"}}, usages(100)...), "a", "idle", 90 * second},
		{"thought is progress", partner.Config{Idle: 3 * second}, []partner.Step{{Reasoning: "r"}, {Pause: 2 * second, Reasoning: "s"}, {Pause: 2 * second, Text: "a"}}, "a", "", 0},
		{"total", partner.Config{Total: 5 * second}, []partner.Step{{Text: "a"}, {Pause: 3 * second, Text: "b"}, {Pause: 3 * second, Text: "c"}}, "ab", "total", 5 * second},
		{"total, while it talks", partner.Config{Total: time.Second}, slices.Repeat([]partner.Step{{Pause: 95 * time.Millisecond, Text: "a"}}, 20), "aaaaaaaaaaa", "total", 1045 * time.Millisecond},
		{"the permit's end", partner.Config{Total: time.Hour, FirstByte: time.Hour}, []partner.Step{{Pause: time.Hour}}, "", "total", landfall.PermitLife},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				got := play(t, c.cfg, c.steps...)
				want := ""
				if c.err != "" {
					want = `timeout {"stage":"` + c.err + `"}`
				}
				if got.Text != c.text || outcome(got.Err) != want || c.after > 0 && time.Since(start) != c.after {
					t.Errorf("after %v: %q, %v", time.Since(start), got.Text, got.Err)
				}
			})
		})
	}
}

// usages are n seconds of changing totals without a word.
func usages(n int) (out []partner.Step) {
	for i := range 10 * n {
		out = append(out, partner.Step{Pause: 100 * time.Millisecond, Usage: &landfall.Usage{Output: i + 1}})
	}
	return out
}

// Time that the reader takes is not the partner's silence.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, scripted)
		p := w.partners(partner.Config{Script: func(landfall.Redeemed, landfall.Prompt) partner.Script {
			return partner.Script{{Text: "a"}, {Usage: &landfall.Usage{Output: 1}}, {Pause: time.Second, Text: "b"}}
		}})
		text := ""
		for d, err := range p.Ask(t.Context(), w.permit(), w.prompt) {
			if err != nil {
				t.Fatal(err)
			}
			if text += d.Text; d.Text == "a" {
				<-time.After(200 * time.Second)
			}
		}
		if text != "ab" {
			t.Errorf("got %q", text)
		}
	})
}

// A stage has a limit of its own: waiting for a model that loads is bounded by the
// whole alone, and a server that accepts and says nothing by the time to connect.
func TestStages(t *testing.T) {
	t.Run("locate", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, nil)
			wait := locate(func(ctx context.Context) (partner.Endpoint, error) {
				<-ctx.Done()
				return partner.Endpoint{}, ctx.Err()
			})
			start := time.Now()
			p := w.partners(partner.Config{Total: 5 * time.Minute, Locators: map[string]partner.Locator{"here": wait}})
			got := listen(t, p.Ask(t.Context(), w.permit(), w.prompt))
			if outcome(got.Err) != `timeout {"stage":"total"}` || time.Since(start) != 5*time.Minute {
				t.Errorf("after %v: %v", time.Since(start), got.Err)
			}
		})
	})
	t.Run("connect", func(t *testing.T) {
		silent := must(net.Listen("tcp", "127.0.0.1:0"))
		defer silent.Close()
		w := newWorld(t, nil)
		p := w.partners(partner.Config{Connect: 20 * time.Millisecond, Beat: time.Millisecond, Locators: map[string]partner.Locator{"here": at{BaseURL: "https://" + silent.Addr().String()}}})
		if got := listen(t, p.Ask(t.Context(), w.permit(), w.prompt)); outcome(got.Err) != `timeout {"stage":"connect"}` {
			t.Errorf("got %v", got.Err)
		}
	})
}

// Comments and empty deltas are signs of life and no progress, also where bytes keep
// coming; text that is held back is progress.
func TestIdleUpstream(t *testing.T) {
	for _, c := range []struct {
		name, body, sign string
		first            time.Duration
		stage            string
	}{
		{"comments after text", string(recorded(t, "st-24")), ": keep-alive\n\n", time.Minute, "idle"},
		{"empty deltas after text", content("开了头"), chunk(`{}`), time.Minute, "idle"},
		{"comments before text", "", ": keep-alive\n\n", 50 * time.Millisecond, "first_token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := newUpstream(t, &upstream{body: []byte(c.body), sign: c.sign, hang: make(chan struct{})})
			w := newWorld(t, nil)
			p := w.partners(partner.Config{Beat: 2 * time.Millisecond, FirstByte: c.first, Idle: 50 * time.Millisecond, Locators: map[string]partner.Locator{"here": at{BaseURL: u.URL}}})
			got := listen(t, p.Ask(t.Context(), w.permit(), w.prompt))
			if outcome(got.Err) != `timeout {"stage":"`+c.stage+`"}` || len(got.Beats) == 0 {
				t.Errorf("got %+v", got)
			}
			<-u.hang
		})
	}
}

// Text that is held back, because it may yet be thought, is progress.
func TestHeldTextIsProgress(t *testing.T) {
	u := newUpstream(t, &upstream{sign: content("b"), hang: make(chan struct{})})
	w := newWorld(t, func(r *landfall.Release) { r.Parameters = []landfall.Parameter{{Name: "thinking", Value: "inline"}} })
	p := w.partners(partner.Config{Beat: 2 * time.Millisecond, Idle: 150 * time.Millisecond, FirstByte: time.Minute, Total: 400 * time.Millisecond, Locators: map[string]partner.Locator{"here": at{BaseURL: u.URL}}})
	if got := listen(t, p.Ask(t.Context(), w.permit(), w.prompt)); outcome(got.Err) != `timeout {"stage":"total"}` || got.Text != "" {
		t.Errorf("got %+v", got)
	}
	<-u.hang
}

// What came at once goes on at once, and nothing waits for what may come: the upstream
// here stays open and silent after its text.
func TestTextIsGathered(t *testing.T) {
	many := strings.Repeat(content("b"), 100)
	u := newUpstream(t, &upstream{body: []byte(many), hang: make(chan struct{})})
	w := newWorld(t, nil)
	p := w.partners(partner.Config{Idle: 100 * time.Millisecond, Locators: map[string]partner.Locator{"here": at{BaseURL: u.URL}}})
	got := listen(t, p.Ask(t.Context(), w.permit(), w.prompt))
	if got.Text != strings.Repeat("b", 100) || outcome(got.Err) != `timeout {"stage":"idle"}` {
		t.Errorf("got %q, %v", got.Text, got.Err)
	}
	if got.Texts > 20 { // a read may end anywhere, but not after each event
		t.Errorf("%d drafts for 100 events of one write", got.Texts)
	}
	<-u.hang
}

// Whoever leaves once the finish is there has a whole answer.
func TestFinishIsTheEnd(t *testing.T) {
	w := newWorld(t, scripted)
	p := w.partners(partner.Config{Script: func(landfall.Redeemed, landfall.Prompt) partner.Script { return nil }})
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		for d, err := range p.Ask(ctx, w.permit(), w.prompt) {
			if err != nil {
				t.Fatal(err)
			}
			if d.Finish != "" {
				cancel()
			}
		}
		cancel()
	}
}

func TestScript(t *testing.T) {
	boom := landfall.Errorf(landfall.CodePartnerError, "boom").With("retriable", true)
	for _, c := range []struct {
		name  string
		steps []partner.Step
		text  string
		end   landfall.Finish
		err   string
	}{
		{"nothing", nil, "", "stop", ""},
		{"a finish", []partner.Step{{Text: "a", Finish: "length"}, {Text: "b"}}, "a", "length", ""},
		{"an error", []partner.Step{{Text: "a"}, {Err: boom}}, "a", "", retriable},
		{"cut", []partner.Step{{Text: "a", Cut: true}, {Text: "b"}}, "a", "", retriable},
		{"another model", []partner.Step{{Model: &landfall.Identity{Model: "other"}, Text: "a"}}, "", "", final},
		{"another model later", []partner.Step{{Text: "a"}, {Model: &landfall.Identity{Model: "other"}, Text: "b"}}, "a", "", final},
		{"a panic", []partner.Step{{Text: "a"}, {Panic: "at the disco"}}, "a", "", "internal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := play(t, partner.Config{}, c.steps...)
			if got.Text != c.text || got.Finish != c.end || outcome(got.Err) != c.err {
				t.Errorf("got %+v", got)
			}
			if c.name == "a panic" && (strings.Contains(got.Err.Message, "disco") || !strings.Contains(got.Err.Err.Error(), "disco")) {
				t.Errorf("the panic is for the log only: %v", got.Err)
			}
		})
	}
}

// The goroutine has ended when the range has, however it ends and however long the
// goroutine takes to notice.
func TestGoroutineEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		body func(cancel func()) bool
		err  string
	}{
		{"break", func(func()) bool { return false }, ""},
		{"ctx", func(cancel func()) bool { cancel(); return true }, "cancelled"},
		{"panic of the reader", func(func()) bool { panic("reader") }, ""},
		{"time-out", func(func()) bool { return true }, `timeout {"stage":"total"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended := false
				w := newWorld(t, nil)
				slow := locate(func(ctx context.Context) (partner.Endpoint, error) {
					<-ctx.Done()
					<-time.After(time.Second)
					ended = true
					return partner.Endpoint{}, ctx.Err()
				})
				p := w.partners(partner.Config{Total: time.Minute, Locators: map[string]partner.Locator{"here": slow}})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				func() {
					defer func() { _ = recover() }()
					for _, err := range p.Ask(ctx, w.permit(), w.prompt) {
						if !ended && err != nil {
							t.Error("the error came before the end of the goroutine")
						}
						if err != nil && outcome(landfall.AsError(err)) != c.err {
							t.Errorf("got %v", err)
						}
						if err == nil && !c.body(cancel) {
							break
						}
					}
				}()
				if !ended {
					t.Error("the goroutine outlives the range")
				}
			})
		})
	}
}

func TestGoexit(t *testing.T) {
	w := newWorld(t, scripted)
	p := w.partners(partner.Config{Script: func(landfall.Redeemed, landfall.Prompt) partner.Script {
		runtime.Goexit()
		return nil
	}})
	if got := listen(t, p.Ask(t.Context(), w.permit(), w.prompt)); outcome(got.Err) != "internal" {
		t.Errorf("got %+v", got)
	}
}

func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, scripted)
		p := w.partners(partner.Config{Script: func(landfall.Redeemed, landfall.Prompt) partner.Script {
			return partner.Script{{Pause: time.Hour}}
		}})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		got := listen(t, p.Ask(ctx, w.permit(), w.prompt))
		if got.Err == nil || got.Err.Code != landfall.CodeTimeout || !errors.Is(got.Err, context.DeadlineExceeded) {
			t.Errorf("got %v", got.Err)
		}
	})
}
