package landfall_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"landfall"
)

// key returns a key that depends on n alone.
func key(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func public(n byte) ed25519.PublicKey { return key(n).Public().(ed25519.PublicKey) }

// approval is a good one, for tests to spoil.
func approval() landfall.Approval {
	return landfall.Approval{
		Authority: "xa-authority", Market: "XA", Feature: "summarize",
		Purposes: []landfall.Purpose{landfall.Serve, landfall.Probe}, NotBefore: 1_800_000_000, Expires: 1_800_086_400,
		Filing: landfall.Filing{Route: "register", Number: "XA-1"}, Sequence: 1,
	}
}

func sign(t *testing.T, a landfall.Approval, d landfall.Digest, k ed25519.PrivateKey) landfall.Envelope {
	t.Helper()
	e, err := landfall.SignApproval(a, d, k)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// The example of the DSSE protocol, section Test Vectors: what is signed is the
// pre-authentication encoding, byte for byte.
func TestSealSignsThePreAuthenticationEncoding(t *testing.T) {
	e := landfall.Seal("http://example.com/HelloWorld", []byte("hello world"), key(1))
	if e.Payload != "aGVsbG8gd29ybGQ=" || e.PayloadType != "http://example.com/HelloWorld" {
		t.Errorf("%+v", e)
	}
	sig, err := base64.StdEncoding.DecodeString(e.Signatures[0].Sig)
	if err != nil {
		t.Fatal(err)
	}
	if !ed25519.Verify(public(1), []byte("DSSEv1 29 http://example.com/HelloWorld 11 hello world"), sig) {
		t.Error("something else was signed")
	}
}

// RFC 8032 section 7.1, test 1: the public key of a known seed.
func TestKeyID(t *testing.T) {
	pub := []byte("\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a\x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68\xf7\x07\x51\x1a")
	if got := landfall.KeyID(pub); got != "21fe31dfa154a261" {
		t.Errorf("got %s", got)
	}
}

func TestOpen(t *testing.T) {
	const typ = "application/x-test"
	sealed := landfall.Seal(typ, []byte("\xff\xfe>>>???"), key(1))
	urlSafe := strings.NewReplacer("+", "-", "/", "_")
	for name, c := range map[string]struct {
		spoil func(*landfall.Envelope)
		typ   string
		by    ed25519.PublicKey
		want  string
	}{
		"good":           {nil, typ, public(1), ""},
		"another key":    {nil, typ, public(2), "does not verify"},
		"no key":         {nil, typ, nil, "does not verify"},
		"another type":   {nil, "application/x-other", public(1), `payload type is "application/x-test"`},
		"type rewritten": {func(e *landfall.Envelope) { e.PayloadType = "application/x-other" }, "application/x-other", public(1), "does not verify"},
		"payload rewritten": {func(e *landfall.Envelope) { e.Payload = base64.StdEncoding.EncodeToString([]byte("x")) },
			typ, public(1), "does not verify"},
		"payload no base64": {func(e *landfall.Envelope) { e.Payload = "%" }, typ, public(1), "payload:"},
		"payload unclean":   {func(e *landfall.Envelope) { e.Payload = "eB==" }, typ, public(1), "payload:"},
		"no signature":      {func(e *landfall.Envelope) { e.Signatures = nil }, typ, public(1), "does not verify"},
		"a signature cut":   {func(e *landfall.Envelope) { e.Signatures[0].Sig = "AAAA" }, typ, public(1), "does not verify"},
		// The key id is a hint and decides nothing.
		"another key id": {func(e *landfall.Envelope) { e.Signatures[0].KeyID = landfall.KeyID(public(2)) }, typ, public(1), ""},
		"a key id that lies": {func(e *landfall.Envelope) { e.Signatures[0].KeyID = landfall.KeyID(public(2)) },
			typ, public(2), "does not verify"},
		"several signatures": {func(e *landfall.Envelope) {
			e.Signatures = append([]landfall.Signature{{KeyID: "x", Sig: "%"}, {Sig: "AAAA"}}, e.Signatures...)
		}, typ, public(1), ""},
		// DSSE 1.0, section Protocol: verifiers must take either alphabet.
		"URL-safe base64": {func(e *landfall.Envelope) {
			e.Payload, e.Signatures[0].Sig = urlSafe.Replace(e.Payload), urlSafe.Replace(e.Signatures[0].Sig)
		}, typ, public(1), ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := sealed
			e.Signatures = append([]landfall.Signature(nil), sealed.Signatures...)
			if c.spoil != nil {
				c.spoil(&e)
			}
			payload, err := e.Open(c.typ, c.by)
			if c.want == "" && (err != nil || string(payload) != "\xff\xfe>>>???") || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %q, %v; want %q", payload, err, c.want)
			}
		})
	}
}

func TestParseEnvelope(t *testing.T) {
	const good = `{"payloadType":"t","payload":"eA==","signatures":[{"keyid":"k","sig":"AA=="}]}`
	for in, want := range map[string]string{
		good: "",
		`{"signatures":[{"sig":"AA=="}],"payload":"eA==","payloadType":"t"}`:  "",
		strings.Replace(good, `"payload"`, `"x":1,"payload"`, 1):              `unknown field "x"`,
		strings.Replace(good, `"keyid"`, `"alg":"none","keyid"`, 1):           `unknown field "alg"`,
		strings.Replace(good, `"payload":`, `"payload":"eQ==","payload":`, 1): "twice",
		strings.Replace(good, `"payload":`, `"payload":"eQ==","Payload":`, 1): `unknown field "Payload"`,
		strings.Replace(good, `"keyid"`, `"\u212aeyid":"x","keyid"`, 1):       "unknown field",
		strings.Replace(good, `[{"keyid":"k","sig":"AA=="}]`, `[]`, 1):        "all needed",
		strings.Replace(good, `"t"`, `""`, 1):                                 "all needed",
		strings.Replace(good, `"t"`, `1`, 1):                                  "cannot unmarshal number",
		good + good:                                                           "something follows",
		`null`:                                                                "all needed",
		`[]`:                                                                  "cannot unmarshal array",
		``:                                                                    "ends too early",
	} {
		_, err := landfall.ParseEnvelope([]byte(in))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot %v, want %q", in, err, want)
		}
	}
}

func FuzzParseEnvelope(f *testing.F) {
	f.Add([]byte(`{"payloadType":"t","payload":"eA==","signatures":[{"keyid":"k","sig":"AA=="}]}`))
	f.Add([]byte(`{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"keyid":"","sig":"_-8="},{"keyid":"k","sig":""}]}`))
	f.Add([]byte(`{"Payload":"eA==","payload":"eA=="}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		e, err := landfall.ParseEnvelope(in)
		if err != nil {
			return
		}
		out, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		again, err := landfall.ParseEnvelope(out)
		if err != nil || !cmp.Equal(e, again) {
			t.Fatalf("%s came back as %s, %v", in, out, err)
		}
		if p, err := e.Open(e.PayloadType, public(1)); err == nil {
			t.Fatalf("opened %q with a key that signed nothing", p)
		}
		_, _, _ = landfall.ReadApproval(e)
	})
}

func TestSignApprovalRefuses(t *testing.T) {
	digest := landfall.Digest("sha256:" + strings.Repeat("00", 32))
	for name, c := range map[string]struct {
		spoil  func(*landfall.Approval)
		digest landfall.Digest
		want   string
	}{
		"no authority":         {func(a *landfall.Approval) { a.Authority = "" }, digest, "authority"},
		"no market":            {func(a *landfall.Approval) { a.Market = "" }, digest, "market"},
		"no purpose":           {func(a *landfall.Approval) { a.Purposes = nil }, digest, "purposes"},
		"an unknown purpose":   {func(a *landfall.Approval) { a.Purposes = []landfall.Purpose{"serve", "sell"} }, digest, "sell"},
		"an end before it":     {func(a *landfall.Approval) { a.Expires = a.NotBefore }, digest, "not after"},
		"no digest":            {func(*landfall.Approval) {}, "", "no release digest"},
		"a time past a double": {func(a *landfall.Approval) { a.Expires = 1 << 60 }, digest, "/predicate/expires"},
	} {
		t.Run(name, func(t *testing.T) {
			a := approval()
			c.spoil(&a)
			if _, err := landfall.SignApproval(a, c.digest, key(1)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// statement is what an authority's own program might sign.
const statement = `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"XA/summarize","digest":{"sha512":"0","sha256":"` +
	`0000000000000000000000000000000000000000000000000000000000000000"}}],"predicateType":"https://landfall.dev/approval/v1",` +
	`"predicate":{"authority":"xa-authority","market":"XA","feature":"summarize","purposes":["serve"],"not_before":1,"expires":2,` +
	`"filing":{"route":"r","number":"n"},"sequence":1,"rehearsal":false,"evidence":[]}}`

func TestReadApproval(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"as an authority's own program writes it": {"", "", ""},
		"a date for the end":                      {`"expires":2`, `"expires":"2027-03-31"`, "predicate.expires"},
		"a time without zone":                     {`"expires":2`, `"expires":"2027-03-31T00:00:00"`, "predicate.expires"},
		"a fraction of a second":                  {`"expires":2`, `"expires":2.5`, "predicate.expires"},
		"no end":                                  {`"expires":2,`, ``, "expires is not after"},
		"the end twice":                           {`"expires":2`, `"expires":2,"expires":3`, "twice"},
		"the end twice, in another case":          {`"expires":2`, `"expires":2,"Expires":3`, `unknown field "Expires"`},
		"the end twice, in a folded letter":       {`"purposes"`, "\"purpo\u017fes\":[\"shadow\"],\"purposes\"", "unknown field"},
		"a condition nobody knows":                {`"sequence":1`, `"sequence":1,"only_if":"x"`, `unknown field "only_if"`},
		"another statement":                       {`Statement/v1`, `Statement/v0.1`, "not a statement"},
		"another predicate":                       {`approval/v1"`, `approval/v2"`, "not a statement"},
		"no subject":                              {`"subject":[`, `"subject":[],"x":[`, "unknown field"},
		"another algorithm":                       {`"sha256":"`, `"sha3-256":"`, "no sha256 digest"},
		"a short digest":                          {`"0000`, `"`, "no sha256 digest"},
		"an unknown purpose":                      {`["serve"]`, `["all"]`, "purposes"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(statement, c.old, c.new, 1)
			_, d, err := landfall.ReadApproval(landfall.Seal(landfall.StatementPayload, []byte(text), key(1)))
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) || err == nil && !d.Valid() {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Reading gives no weight: what nobody of consequence signed reads the same.
func TestReadApprovalVerifiesNothing(t *testing.T) {
	r := release()
	e := sign(t, approval(), digestOf(t, r), key(9))
	a, d, err := landfall.ReadApproval(e)
	if err != nil || d != digestOf(t, r) || !cmp.Equal(a, approval()) {
		t.Errorf("%+v, %s, %v", a, d, err)
	}
	gate := landfall.NewGate(trust(), nil)
	if _, err := gate.Verify(r, e); err == nil {
		t.Error("the gate gave it weight")
	}
	if err := gate.CheckSignature(e); err == nil {
		t.Error("the gate took the signature")
	}
}

// An end of 2027-03-31T23:59:59+08:00 is one instant, whatever zone the machine is in.
func TestTimesAreInstants(t *testing.T) {
	end, err := time.Parse(time.RFC3339, "2027-03-31T23:59:59+08:00")
	if err != nil {
		t.Fatal(err)
	}
	local := time.Local
	defer func() { time.Local = local }()
	for _, hours := range []int{-8, 0, 8} {
		time.Local = time.FixedZone("here", hours*3600)
		if got := landfall.Unix(end.Unix()).Format(time.RFC3339); got != "2027-03-31T15:59:59Z" {
			t.Errorf("at %+d h: %s", hours, got)
		}
	}
}
