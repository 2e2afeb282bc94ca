package landfall

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Payload and predicate types of the signed statements.
const (
	StatementPayload  = "application/vnd.in-toto+json"
	StatementType     = "https://in-toto.io/Statement/v1"
	ApprovalPredicate = "https://landfall.dev/approval/v1"
	SourcePayload     = "application/vnd.landfall.snapshot+json"
)

// Approval is an authority's statement about one release digest: the predicate
// of an in-toto Statement v1. Later fields (conditions that need several
// authorities, revocations, proofs from a log) find their place here.
type Approval struct {
	Authority string    `json:"authority"`
	Market    string    `json:"market"`
	Feature   string    `json:"feature"`
	Purposes  []Purpose `json:"purposes"`
	NotBefore int64     `json:"not_before"` // Unix seconds
	Expires   int64     `json:"expires"`    // Unix seconds; the first second that is too late
	Filing    Filing    `json:"filing"`
	Evidence  []Digest  `json:"evidence,omitempty"`
	Sequence  int64     `json:"sequence"`
	Rehearsal bool      `json:"rehearsal,omitempty"`
}

// Filing is the route by which a regulator approved, and the number it gave.
type Filing struct {
	Route  string `json:"route"`
	Number string `json:"number"`
}

type statement struct {
	Type          string    `json:"_type"`
	Subject       []subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     Approval  `json:"predicate"`
}

type subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// Envelope is a DSSE envelope (secure-systems-lab/dsse, protocol v1.0.2).
type Envelope struct {
	PayloadType string      `json:"payloadType"`
	Payload     string      `json:"payload"` // base64
	Signatures  []Signature `json:"signatures"`
}

// Signature is one signature over the envelope's pre-authentication encoding.
type Signature struct {
	KeyID string `json:"keyid"`
	Sig   string `json:"sig"` // base64
}

// KeyID names a public key: the first 16 hexadecimal digits of its SHA-256.
func KeyID(pub ed25519.PublicKey) string {
	sum := sha256.Sum256(pub)
	return hex.EncodeToString(sum[:8])
}

// Seal signs a payload.
func Seal(payloadType string, payload []byte, key ed25519.PrivateKey) Envelope {
	return Envelope{
		PayloadType: payloadType,
		Payload:     base64.StdEncoding.EncodeToString(payload),
		Signatures: []Signature{{
			KeyID: KeyID(key.Public().(ed25519.PublicKey)),
			Sig:   base64.StdEncoding.EncodeToString(ed25519.Sign(key, preAuth(payloadType, payload))),
		}},
	}
}

// ErrSignature says that no signature of an envelope verifies with the key asked for.
var ErrSignature = errors.New("signature does not verify")

// Open returns the payload if the envelope has the payload type and a signature
// that verifies with pub. The key id is a hint that only picks a signature.
func (e Envelope) Open(payloadType string, pub ed25519.PublicKey) ([]byte, error) {
	if e.PayloadType != payloadType {
		return nil, fmt.Errorf("payload type is %q, want %q", e.PayloadType, payloadType)
	}
	payload, err := decode64(e.Payload)
	if err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	for _, s := range e.Signatures {
		sig, err := decode64(s.Sig)
		if err == nil && len(pub) == ed25519.PublicKeySize && ed25519.Verify(pub, preAuth(payloadType, payload), sig) {
			return payload, nil
		}
	}
	return nil, ErrSignature
}

// decode64 reads base64 in either alphabet: DSSE wants verifiers to take both.
func decode64(s string) ([]byte, error) {
	if strings.ContainsAny(s, "-_") {
		return base64.URLEncoding.Strict().DecodeString(s)
	}
	return base64.StdEncoding.Strict().DecodeString(s)
}

// preAuth is DSSE's PAE: the type is signed with the payload, each with its length.
func preAuth(payloadType string, payload []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload), payload)
}

// ParseEnvelope reads an envelope strictly: unknown and repeated names are refused.
func ParseEnvelope(b []byte) (Envelope, error) {
	var e Envelope
	if err := DecodeStrict(b, &e); err != nil {
		return e, fmt.Errorf("envelope: %w", err)
	}
	if e.PayloadType == "" || e.Payload == "" || len(e.Signatures) == 0 {
		return e, errors.New("envelope: payloadType, payload and signatures are all needed")
	}
	return e, nil
}

// DecodeStrict reads JSON that two readers cannot read differently.
func DecodeStrict(b []byte, into any) error {
	v, err := ParseJSON(b)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return err
	}
	return exactNames(v, reflect.TypeOf(into).Elem())
}

// exactNames refuses unknown names, and a known one in another case: encoding/json
// would take "Expires" after "expires" and let the last win, another reader not.
func exactNames(v any, t reflect.Type) error {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if err := exactNames(e, t.Elem()); err != nil {
				return err
			}
		}
	case Object:
		if t.Kind() != reflect.Struct {
			return nil
		}
		for _, m := range v {
			f, ok := fieldNamed(t, m.Key)
			if !ok {
				return fmt.Errorf("unknown field %q", m.Key)
			}
			if err := exactNames(m.Value, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func fieldNamed(t reflect.Type, name string) (reflect.Type, bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag == name {
			return f.Type, true
		}
	}
	return nil, false
}

// SignApproval returns the envelope in which an authority approves a release.
func SignApproval(a Approval, release Digest, key ed25519.PrivateKey) (Envelope, error) {
	if err := a.validate(); err != nil {
		return Envelope{}, err
	}
	if !release.Valid() {
		return Envelope{}, fmt.Errorf("approval: %q is no release digest", release)
	}
	payload, err := Canonical(statement{
		Type:          StatementType,
		Subject:       []subject{{a.Market + "/" + a.Feature, map[string]string{"sha256": strings.TrimPrefix(string(release), "sha256:")}}},
		PredicateType: ApprovalPredicate,
		Predicate:     a,
	})
	if err != nil {
		return Envelope{}, err
	}
	return Seal(StatementPayload, payload, key), nil
}

func (a Approval) validate() error {
	switch {
	case a.Authority == "" || a.Market == "" || a.Feature == "":
		return errors.New("approval: authority, market and feature are all needed")
	case len(a.Purposes) == 0 || slices.ContainsFunc(a.Purposes, func(p Purpose) bool { return !p.Valid() }):
		return fmt.Errorf("approval: purposes %q: want one or more of serve, shadow, assess, probe", a.Purposes)
	case a.Expires <= a.NotBefore:
		return errors.New("approval: expires is not after not_before")
	}
	return nil
}

// ReadApproval returns what an envelope says and about which release, without
// verifying it: for showing and sorting. Only a [Gate] gives it weight.
func ReadApproval(e Envelope) (Approval, Digest, error) {
	payload, err := decode64(e.Payload)
	if err != nil {
		return Approval{}, "", fmt.Errorf("approval: payload: %w", err)
	}
	return parseStatement(payload)
}

func parseStatement(payload []byte) (Approval, Digest, error) {
	var s statement
	if err := DecodeStrict(payload, &s); err != nil {
		return Approval{}, "", fmt.Errorf("approval: %w", err)
	}
	if s.Type != StatementType || s.PredicateType != ApprovalPredicate || len(s.Subject) != 1 {
		return Approval{}, "", errors.New("approval: not a statement of type approval/v1 with one subject")
	}
	d := Digest("sha256:" + s.Subject[0].Digest["sha256"])
	if !d.Valid() {
		return Approval{}, "", errors.New("approval: the subject has no sha256 digest")
	}
	return s.Predicate, d, s.Predicate.validate()
}
