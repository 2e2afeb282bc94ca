package audit_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"pgregory.net/rapid"

	"landfall/internal/audit"
)

// Test cases 1, 2, 3 and 6 of RFC 4231 section 4.
func TestCommitKnownAnswers(t *testing.T) {
	for _, c := range []struct{ key, data, want string }{
		{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
			"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
		{hex.EncodeToString(bytes.Repeat([]byte{0xaa}, 131)),
			hex.EncodeToString([]byte("Test Using Larger Than Block-Size Key - Hash Key First")),
			"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
	} {
		key, _ := hex.DecodeString(c.key)
		data, _ := hex.DecodeString(c.data)
		if got := string(audit.Commit(key, data)); got != "sha256:"+c.want {
			t.Errorf("key %s: %s, want %s", c.key, got, c.want)
		}
	}
}

func TestCommitmentIgnoresCuts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		salt := rapid.SliceOfN(rapid.Byte(), audit.SaltSize, audit.SaltSize).Draw(t, "salt")
		pieces := rapid.SliceOf(rapid.SliceOf(rapid.Byte())).Draw(t, "pieces")
		c := audit.NewCommitment(salt)
		for _, p := range pieces {
			c.Sum() // looking on the way changes nothing
			if n, err := c.Write(p); n != len(p) || err != nil {
				t.Fatal(n, err)
			}
		}
		if got, want := c.Sum(), audit.Commit(salt, bytes.Join(pieces, nil)); got != want || !got.Valid() {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

func TestSaltsDiffer(t *testing.T) {
	a, b := audit.NewSalt(), audit.NewSalt()
	if len(a) != audit.SaltSize || bytes.Equal(a, b) {
		t.Errorf("%x %x", a, b)
	}
	if audit.Commit(a, []byte("x")) == audit.Commit(b, []byte("x")) {
		t.Error("the same content has the same commitment under two salts")
	}
}
