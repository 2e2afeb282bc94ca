package audit

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"landfall"
)

// Commitments are HMAC-SHA-256 with the record's salt as key. Who has content and
// salt can show that the record is of this content; who has the log alone cannot
// even test a guess, because the salt lies outside the log. To erase a record's
// content for good is to delete its salt: the log stays whole, and its
// commitments then say nothing about anyone.

// SaltSize is the length of a salt in bytes: 128 bits leave nothing to try out.
const SaltSize = 16

// NewSalt returns a fresh salt. Each record has its own, for input and output.
func NewSalt() []byte {
	salt := make([]byte, SaltSize)
	rand.Read(salt)
	return salt
}

// Commit returns the commitment to content under a salt.
func Commit(salt, content []byte) landfall.Digest {
	c := NewCommitment(salt)
	_, _ = c.Write(content)
	return c.Sum()
}

// Commitment commits to content as it passes. Where the content is cut makes no
// difference. It is for one goroutine.
type Commitment struct{ mac hash.Hash }

// NewCommitment returns a commitment to nothing yet.
func NewCommitment(salt []byte) *Commitment {
	return &Commitment{hmac.New(sha256.New, salt)}
}

// Write adds content; it never fails.
func (c *Commitment) Write(p []byte) (int, error) { return c.mac.Write(p) }

// Sum returns the commitment to what was written so far.
func (c *Commitment) Sum() landfall.Digest {
	return landfall.Digest("sha256:" + hex.EncodeToString(c.mac.Sum(nil)))
}
