package local

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"landfall"
)

// Header is what Landfall reads from a GGUF file (version 2 or 3, little-endian;
// layout by ggml's docs/gguf.md): enough to say what a file is.
type Header struct {
	Version      uint32
	Architecture string // general.architecture
	Name         string // general.name
	Licence      string // general.license, often absent
	ChatTemplate string // tokenizer.chat_template
}

// TemplateDigest is the SHA-256 of the chat template's bytes, as releases pin it.
func (h Header) TemplateDigest() landfall.Digest {
	sum := sha256.Sum256([]byte(h.ChatTemplate))
	return landfall.Digest("sha256:" + hex.EncodeToString(sum[:]))
}

// Bounds of a header; real ones stay far below.
const (
	maxKeys     = 4096
	maxKey      = 65535 // by the format
	maxText     = 1 << 20
	maxElements = 4 << 20
	maxHeader   = 256 << 20
)

// ErrNotGGUF says that a file does not begin as a GGUF file does.
var ErrNotGGUF = errors.New("not a GGUF file")

// ReadHeader reads the metadata of a GGUF file and stops before its tensors. It
// refuses what the format does not allow, and what is larger than any real header.
func ReadHeader(r io.Reader) (Header, error) {
	d := &ggufReader{r: bufio.NewReaderSize(io.LimitReader(r, maxHeader), 1<<16)}
	magic := d.bytes(4)
	if d.err != nil || string(magic) != "GGUF" {
		return Header{}, ErrNotGGUF
	}
	h := Header{Version: d.u32()}
	if d.err == nil && h.Version != 2 && h.Version != 3 {
		return Header{}, fmt.Errorf("%w that can be read: version %d", ErrNotGGUF, h.Version)
	}
	d.u64() // tensors
	keys := d.count(maxKeys)
	fields := map[string]*string{
		"general.architecture": &h.Architecture, "general.name": &h.Name,
		"general.license": &h.Licence, "tokenizer.chat_template": &h.ChatTemplate,
	}
	seen := map[string]bool{}
	for i := uint64(0); i < keys && d.err == nil; i++ {
		key := string(d.bytes(d.count(maxKey)))
		if seen[key] {
			d.fail("the key %q twice", key)
		}
		seen[key] = true
		d.value(key, fields[key])
	}
	if d.err == nil && h.Architecture == "" {
		d.fail("no general.architecture")
	}
	return h, d.err
}

// ggufReader keeps the first error; after it every read yields zero.
type ggufReader struct {
	r   *bufio.Reader
	err error
}

func (d *ggufReader) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("GGUF header: "+format, args...)
	}
}

func (d *ggufReader) bytes(n uint64) []byte {
	if d.err != nil {
		return nil
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(d.r, b); err != nil {
		d.fail("ends too early: %w", err)
		return nil
	}
	return b
}

func (d *ggufReader) skip(n uint64) {
	if d.err != nil {
		return
	}
	if _, err := io.CopyN(io.Discard, d.r, int64(n)); err != nil {
		d.fail("ends too early: %w", err)
	}
}

func (d *ggufReader) u32() uint32 {
	if b := d.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (d *ggufReader) u64() uint64 {
	if b := d.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// count reads a length and bounds it.
func (d *ggufReader) count(limit uint64) uint64 {
	n := d.u64()
	if n > limit {
		d.fail("a length of %d, at most %d", n, limit)
		return 0
	}
	return n
}

// widths of the fixed value types; 8 is a string and 9 an array.
var ggufWidths = map[uint32]uint64{0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}

const (
	ggufString = 8
	ggufArray  = 9
)

// value reads one value, into the field if there is one.
func (d *ggufReader) value(key string, into *string) {
	typ := d.u32()
	if into != nil {
		if typ != ggufString {
			d.fail("%s is no string", key)
			return
		}
		*into = string(d.bytes(d.count(maxText)))
		return
	}
	count := uint64(1)
	if typ == ggufArray {
		typ = d.u32()
		count = d.count(maxElements)
	}
	width, fixed := ggufWidths[typ]
	switch {
	case fixed:
		d.skip(width * count)
	case typ == ggufString:
		for ; count > 0 && d.err == nil; count-- {
			d.skip(d.count(maxText))
		}
	default:
		d.fail("%s has the unknown type %d", key, typ)
	}
}
