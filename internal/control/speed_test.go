package control_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"landfall"
	"landfall/internal/control"
	"landfall/internal/pack"
	"landfall/internal/snapshot"
)

// limits are the longest inputs that what is published states, by feature, in English.
func (d *desk) limits(t *testing.T) map[string]int {
	t.Helper()
	trust, err := d.Dir.Trust()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(d.Dir.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	src, err := snapshot.Open(landfall.NewGate(trust, d.Now), b)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, o := range src.Markets[0].Features {
		out[o.Release.Feature] = o.Release.InputLimit("en")
	}
	return out
}

// A measurement changes nothing that is served: other limits are other releases. It
// waits for a rehearsal, which says so in words, and then for the next.
func TestAMeasurementWaitsForARehearsal(t *testing.T) {
	d := newDesk(t)
	d.rehearse(t, 0)
	all, _ := d.served(t)
	if n := d.limits(t)["summarize"]; n != 0 {
		t.Errorf("an unknown speed sets the limit %d", n)
	}
	keep := func(model landfall.Model, read, write int) {
		t.Helper()
		if err := d.Dir.KeepMeasurement(model, pack.Speed{Read: read, Write: write}); err != nil {
			t.Fatal(err)
		}
	}
	serves := func(when string, want int) {
		t.Helper()
		if err := d.Publish(); err != nil {
			t.Fatal(err)
		}
		if served, _ := d.served(t); !slices.Equal(served, all) {
			t.Errorf("%s: serves %q, want %q", when, served, all)
		}
		if n := d.limits(t)["summarize"]; n != want {
			t.Errorf("%s: limit %d, want %d", when, n, want)
		}
	}
	keep(landfall.Model{ID: "model-b"}, 60, 60)
	keep(d.Model, 600, 300)
	serves("measured", 0)
	made := d.rehearse(t, 0)
	i := slices.IndexFunc(made, func(m control.Made) bool { return m.Feature == "summarize" })
	if !made[i].New || !slices.ContainsFunc(made[i].Changes, func(c string) bool { return strings.HasPrefix(c, "longest input in en: ") }) {
		t.Errorf("%+v", made[i])
	}
	first := d.limits(t)["summarize"]
	if first == 0 {
		t.Fatal("the measurement sets no limit")
	}
	serves("approved", first)
	keep(d.Model, 60, 60)
	keep(d.Model, 1200, 600) // in place of the one nobody used
	serves("measured again", first)
	d.rehearse(t, 0)
	if second := d.limits(t)["summarize"]; second <= first {
		t.Errorf("limit %d after %d", second, first)
	}
	measurements, err := d.Dir.Measurements()
	if err != nil || len(measurements) != 2 || measurements[0].InUse || !measurements[1].InUse {
		t.Errorf("%+v, %v", measurements, err)
	}

	// A model that was not measured goes by the figures that ship.
	d.Model, d.Shipped = landfall.Model{ID: "model-c", Identity: "model-c"}, pack.Speed{Read: 600, Write: 300}
	d.rehearse(t, 0)
	if n := d.limits(t)["summarize"]; n != first {
		t.Errorf("limit %d, want %d", n, first)
	}
}

func TestAMeasurementThatCannotBeRead(t *testing.T) {
	d := newDesk(t)
	d.rehearse(t, 0)
	if err := os.WriteFile(filepath.Join(string(d.Dir), "measured.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Publish(); err == nil || !strings.Contains(err.Error(), "measured.json") || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("got %v", err)
	}
}
