package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	"landfall"
	"landfall/internal/pack"
	"landfall/internal/partner"
	"landfall/internal/snapshot"
)

type modelMeasureCmd struct{}

// Run measures how fast the model reads and writes on this machine and puts the
// figures beside the data. They hold from the next rehearsal on: other limits are
// other releases. The texts are examples that ship, the purpose is probe, and the
// answers reach nobody.
func (modelMeasureCmd) Run(ctx context.Context, cfg *Config) error {
	packs, err := cfg.packs()
	if err != nil {
		return err
	}
	engine, err := cfg.engine(packs, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return err
	}
	defer func() { _ = engine.Close() }()
	trust, err := cfg.dir().Trust()
	if err != nil {
		return err
	}
	gate := landfall.NewGate(trust, nil)
	route, err := probeRoute(gate, cfg, engine.Identity())
	if err != nil {
		return err
	}
	engine.Start(ctx)
	if _, _, err := engine.Locate(ctx); err != nil {
		return fmt.Errorf("%w; `landfall model pull` fetches it", err)
	}
	parts, err := partner.New(partner.Config{Gate: gate, Locators: map[string]partner.Locator{"embedded": embedded{engine}}})
	if err != nil {
		return err
	}
	defer parts.Close()
	speed, err := measure(ctx, os.Stdout, parts, route)
	if err != nil {
		return err
	}
	speed.Threads = engine.State().Threads
	if err := cfg.dir().KeepMeasurement(engine.Identity(), speed); err != nil {
		return err
	}
	fmt.Printf("%s: reads %d and writes %d tokens a minute with %d threads on %s", engine.Identity().ID, speed.Read, speed.Write, speed.Threads, speed.On)
	if s := engine.Speed(); s.Known() {
		fmt.Printf(" (shipped: %d and %d, %d threads on %s)", s.Read, s.Write, s.Threads, s.On)
	}
	fmt.Println("\nLimits come from it as soon as `landfall rehearse` has shown and approved them: other limits are other releases.")
	return nil
}

// probeRoute finds a release of this model, approved for a probe, whose answer is
// shown as it comes, so that the first word and the last can be told apart.
func probeRoute(gate *landfall.Gate, cfg *Config, model landfall.Model) (*snapshot.Route, error) {
	holder := snapshot.NewHolder(gate, nil)
	sealed, err := os.ReadFile(cfg.dir().Snapshot())
	if err == nil {
		err = holder.Load(sealed)
	}
	if err != nil {
		return nil, err
	}
	snap, unavailable := holder.Current()
	if unavailable != nil {
		return nil, unavailable
	}
	for _, market := range snap.Markets() {
		for _, r := range snap.Routes(market) {
			if r.Release().Model == model && r.Check(landfall.Probe) == nil && r.Feature.Definition().Stream == "delta" {
				return r, nil
			}
		}
	}
	return nil, fmt.Errorf("no release of the model %s is approved, so nothing may be asked of it: `landfall rehearse` approves with the local keys", model.ID)
}

// measure asks for three answers: the example as it is, which also warms the engine,
// and twice a longer text.
func measure(ctx context.Context, out io.Writer, parts *partner.Partners, r *snapshot.Route) (pack.Speed, error) {
	def, language := r.Feature.Definition(), r.Release().Languages[0]
	_, _ = fmt.Fprintf(out, "Three probes with %s in %s, in %q; this takes about a minute.\n", def.ID, r.Market.ID, language)
	var m meter
	for _, times := range []int{1, 4, 5} {
		input := example(def, language)
		input = input.Set(def.Main, strings.TrimSpace(strings.Repeat(input.Text(def.Main)+"\n", times)))
		call, invalid := r.Feature.Admit(landfall.Request{Input: input}, r.Release(), language)
		if invalid != nil {
			return pack.Speed{}, invalid
		}
		for _, err := range r.Feature.Shape(call, m.ask(ctx, parts, r)) {
			if err != nil { // a contract that failed: the time it took is measured all the same
				break
			}
		}
		if m.err != nil {
			return pack.Speed{}, m.err
		}
	}
	return m.speed()
}

// meter adds up what attempts read and wrote, and how long that took.
type meter struct {
	read, wrote      int
	reading, writing time.Duration
	err              error
}

func (m *meter) ask(ctx context.Context, parts *partner.Partners, r *snapshot.Route) func(landfall.Prompt) iter.Seq2[landfall.Draft, error] {
	return func(p landfall.Prompt) iter.Seq2[landfall.Draft, error] {
		return func(yield func(landfall.Draft, error) bool) {
			permit, err := r.Mint(landfall.Probe, newID())
			if err != nil {
				m.err = err
				return
			}
			began, first := time.Now(), time.Time{}
			var used landfall.Usage
			for d, err := range parts.Ask(ctx, permit, p) {
				switch {
				case err != nil:
					m.err = err
					return
				case d.Usage != nil:
					used = *d.Usage
					continue
				case d.Model != nil:
					continue
				case d.Text != "" && first.IsZero():
					first = time.Now()
				}
				if !yield(d, nil) {
					break
				}
			}
			m.add(used, first.Sub(began), time.Since(first))
		}
	}
}

// add takes one answer. What the engine had read before costs nothing.
func (m *meter) add(u landfall.Usage, reading, writing time.Duration) {
	if reading <= 0 || u.Input <= u.Cached {
		return
	}
	m.read, m.reading = m.read+u.Input-u.Cached, m.reading+reading
	m.wrote, m.writing = m.wrote+u.Output, m.writing+writing
}

func (m *meter) speed() (pack.Speed, error) {
	if m.read == 0 || m.wrote == 0 || m.writing <= 0 {
		return pack.Speed{}, errors.New("the model's server tells no usage, so its speed cannot be measured")
	}
	return pack.Speed{
		Read: perMinute(m.read, m.reading), Write: perMinute(m.wrote, m.writing),
		On: fmt.Sprintf("%d cores, %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH), At: time.Now().UTC().Format(time.DateOnly),
	}, nil
}

func perMinute(tokens int, took time.Duration) int {
	return int(float64(tokens) / took.Minutes())
}
