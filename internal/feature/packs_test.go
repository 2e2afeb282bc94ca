package feature_test

import (
	"os"
	"path/filepath"
	"testing"

	"landfall/internal/feature"
)

// shipped reads a feature's file as it ships.
func shipped(t testing.TB, id string) feature.Definition {
	t.Helper()
	file := filepath.Join("..", "..", "packs", "feature", id+".yaml")
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d, err := feature.Parse(file, src)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestShippedFeaturesParse(t *testing.T) {
	files, err := filepath.Glob("../../packs/feature/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		id := filepath.Base(file[:len(file)-len(".yaml")])
		if d := shipped(t, id); d.ID != id {
			t.Errorf("%s: id is %q", file, d.ID)
		}
	}
}
