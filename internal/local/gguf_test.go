package local_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"landfall/internal/local"

	"github.com/google/go-cmp/cmp"
)

func TestReadHeader(t *testing.T) {
	b := gguf("general.architecture", "fake", "general.name", "Tiny", "general.license", "CC0-1.0", "tokenizer.chat_template", template)
	have, err := local.ReadHeader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	want := local.Header{Version: 3, Architecture: "fake", Name: "Tiny", Licence: "CC0-1.0", ChatTemplate: template}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
	for n := range b {
		if _, err := local.ReadHeader(bytes.NewReader(b[:n])); err == nil {
			t.Fatalf("cut at %d passed", n)
		}
	}
}

func TestReadHeaderRefusals(t *testing.T) {
	whole := gguf("general.architecture", "fake")
	set := func(at int, v uint64, width int) []byte {
		b := bytes.Clone(whole)
		var le [8]byte
		binary.LittleEndian.PutUint64(le[:], v)
		copy(b[at:at+width], le[:])
		return b
	}
	for want, b := range map[string][]byte{
		"not a GGUF file":                 []byte("PK\x03\x04 and so on and so on"),
		"version 1":                       set(4, 1, 4),
		"a length of 1099511627776":       set(16, 1<<40, 8), // keys
		"a length of 65536, at most":      set(24, 65536, 8), // the first key's name
		"has the unknown type 13":         set(24+8+21, 13, 4),
		"a length of 9223372036854775808": set(24+8+21+8, 1<<63, 8), // elements
		"the key \"general.name\" twice":  gguf("general.architecture", "x", "general.name", "a", "general.name", "b"),
		"no general.architecture":         gguf("general.name", "a"),
	} {
		if _, err := local.ReadHeader(bytes.NewReader(b)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	number := gguf("general.architecture", "fake")
	at := bytes.LastIndex(number, []byte("general.architecture")) + len("general.architecture")
	binary.LittleEndian.PutUint32(number[at:], 4)
	if _, err := local.ReadHeader(bytes.NewReader(number)); err == nil || !strings.Contains(err.Error(), "is no string") {
		t.Errorf("a number as architecture: %v", err)
	}
}

func FuzzReadHeader(f *testing.F) {
	f.Add(gguf("general.architecture", "fake", "tokenizer.chat_template", template))
	f.Add([]byte("GGUF\x03\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := local.ReadHeader(bytes.NewReader(b))
		if err == nil && (h.Architecture == "" || !h.TemplateDigest().Valid()) {
			t.Errorf("passed without an architecture: %+v", h)
		}
	})
}
