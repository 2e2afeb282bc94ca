package landfall_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"landfall"
)

func TestParseJSON(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, c := range map[string]struct{ in, want string }{
		"order is kept":           {`{ "b" : 1 , "a" : [ true , null ] }`, `{"b":1,"a":[true,null]}`},
		"a number as written":     {`[1.50, 1E+2, -0, 12345678901234567890]`, `[1.50,1E+2,-0,12345678901234567890]`},
		"escapes":                 {`"\u4f60\/\b\f\n\r\t\"\\\u0000"`, `"你/\b\f\n\r\t\"\\\u0000"`},
		"a surrogate pair":        {`"\ud83d\uDE00"`, `"😀"`},
		"signs that need no care": {"\"<>&\u2028\u007f\"", "\"<>&\u2028\u007f\""},
		"an empty name":           {`{"":{}}`, `{"":{}}`},
		"space around":            {" \t\r\n1 \n", `1`},
		"names that differ":       {`{"a":1,"A":2,"a ":3}`, `{"a":1,"A":2,"a ":3}`},
		"as deep as may be":       {deep(landfall.MaxDepth + 1), deep(landfall.MaxDepth + 1)},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := landfall.ParseJSON([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(landfall.AppendJSON(nil, v)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestParseJSONRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		in, reason, path string
		offset           int
	}{
		"nothing":                 {"", "ends too early", "", 0},
		"a name twice":            {`{"a":1,"a":2}`, "the same name twice", "/a", 10},
		"a name twice, escaped":   {`{"a":1,"\u0061":2}`, "the same name twice", "/a", 15},
		"a name twice, deep":      {`{"x":[{"a/b":1,"a/b":2}]}`, "the same name twice", "/x/0/a~1b", 20},
		"too deep":                {strings.Repeat("[", landfall.MaxDepth+2), "nested deeper than", strings.Repeat("/0", landfall.MaxDepth+1), landfall.MaxDepth + 1},
		"invalid UTF-8":           {"{\"a\":\"\xff\"}", "invalid UTF-8", "", 6},
		"half a surrogate pair":   {`["\ud83d"]`, "surrogate", "/0", 2},
		"the other half":          {`["\ude00"]`, "surrogate", "/0", 2},
		"two first halves":        {`["\ud83d\ud83d"]`, "surrogate", "/0", 2},
		"half a pair in a name":   {`{"\ud83d":1}`, "surrogate", "", 2},
		"an unknown escape":       {`"\x"`, "escape", "", 1},
		"an escape cut short":     {`"\u00`, "escape", "", 1},
		"a control character":     {"\"a\nb\"", "control character", "", 2},
		"one after an escape":     {"\"\\n\x01\"", "control character", "", 3},
		"a string without end":    {`"abc`, "without its end", "", 4},
		"something after":         {`{} {}`, "something follows", "", 3},
		"a comma before the end":  {`[1,]`, "comma before the end", "", 3},
		"no comma":                {`{"a":1 "b":2}`, "a comma is missing", "", 7},
		"no colon":                {`{"a" 1}`, "a colon is missing", "/a", 5},
		"a name without quotes":   {`{a:1}`, "a name in quotes", "", 1},
		"a number with a zero":    {`[01]`, "not a JSON number", "/0", 1},
		"a number that only ends": {`[.5]`, "not a JSON value", "/0", 1},
		"a plus":                  {`+1`, "not a JSON value", "", 0},
		"a comment":               {`[1 /* a */]`, "a comma is missing", "", 3},
		"NaN":                     {`NaN`, "not a JSON value", "", 0},
		"a byte order mark":       {"\ufeff{}", "not a JSON value", "", 0},
		"an object cut short":     {`{"a":1`, "ends too early", "", 6},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := landfall.ParseJSON([]byte(c.in))
			var e *landfall.SyntaxError
			if !errors.As(err, &e) {
				t.Fatalf("got %v, %v", v, err)
			}
			if !strings.Contains(e.Reason, c.reason) || e.Path != c.path || e.Offset != c.offset {
				t.Errorf("got %q at %.40q, byte %d; want %q at %.40q, byte %d", e.Reason, e.Path, e.Offset, c.reason, c.path, c.offset)
			}
		})
	}
}

// names returns an object of n members without its closing brace.
func names(n int) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		b.WriteString(`"n` + strconv.Itoa(i) + `":0,`)
	}
	return b.String()
}

// A name that comes twice is found however many came before it.
func TestParseJSONManyNames(t *testing.T) {
	for _, twice := range []string{"n0", "n14", "n15", "n16", "n17", "n39"} {
		_, err := landfall.ParseJSON([]byte(names(40) + `"` + twice + `":0}`))
		if err == nil || !strings.Contains(err.Error(), "the same name twice at /"+twice+" ") {
			t.Errorf("%s twice: %v", twice, err)
		}
	}
}

// Looking for it does not take the square of their number: that would be half a
// minute here.
func TestParseJSONTakesTimeInProportion(t *testing.T) {
	start := time.Now()
	if _, err := landfall.ParseJSON([]byte(names(200_000) + `"z":0}`)); err != nil {
		t.Fatal(err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("took %s", d)
	}
}

// FuzzParseJSON: what is read is JSON to encoding/json as well, and means the
// same; what is written is read as the same.
func FuzzParseJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0.5e3,true,null],"b":"\ud83d\ude00\/"}`, `{"a":1,"a":2}`, `[1,]`, `"\ud800"`, "\"\xff\"", `{"":{}}`, `01`, ` [ ] `, `"a\nb"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		v, err := landfall.ParseJSON(in)
		if err != nil {
			var e *landfall.SyntaxError
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(in) {
				t.Fatalf("no place: %v", err)
			}
			return
		}
		if !json.Valid(in) {
			t.Fatalf("%q is no JSON", in)
		}
		out := landfall.AppendJSON(nil, v)
		again, err := landfall.ParseJSON(out)
		if err != nil || !bytes.Equal(landfall.AppendJSON(nil, again), out) {
			t.Fatalf("%q came back as %q, %v", in, out, err)
		}
		if x, y := plain(t, in), plain(t, out); !bytes.Equal(x, y) {
			t.Fatalf("%s means %s, and %s was written", in, x, y)
		}
		if c, err := landfall.Canonical(v); err == nil {
			if again, err := landfall.ParseJSON(c); err != nil {
				t.Fatalf("canonical %q: %v", c, err)
			} else if twice, err := landfall.Canonical(again); err != nil || !bytes.Equal(c, twice) {
				t.Fatalf("canonical %q, then %q, %v", c, twice, err)
			}
		}
	})
}

// plain reads JSON as encoding/json does and writes it as that does.
func plain(t *testing.T, b []byte) []byte {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestObject(t *testing.T) {
	var o landfall.Object
	o = o.Set("b", "x").Set("a", json.Number("1")).Set("b", "y")
	if got := string(landfall.AppendJSON(nil, o)); got != `{"b":"y","a":1}` {
		t.Error(got)
	}
	if o.Text("b") != "y" || o.Text("a") != "" || o.Text("none") != "" {
		t.Error("Text is for strings")
	}
	if v, ok := o.Get("none"); ok || v != nil {
		t.Error("a member that is not there")
	}
}

func TestObjectInEncodingJSON(t *testing.T) {
	var v struct {
		O landfall.Object `json:"o"`
	}
	const text = `{"o":{"z":1,"a":"<"}}`
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	if v.O[0].Key != "z" {
		t.Error("order is lost")
	}
	if err := json.Unmarshal([]byte(`{"o":null}`), &v); err != nil || v.O != nil {
		t.Errorf("null: %v, %v", v.O, err)
	}
	for _, bad := range []string{`{"o":[]}`, `{"o":{"a":1,"a":2}}`, `{"o":"x"}`} {
		if err := json.Unmarshal([]byte(bad), &v); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestKindOf(t *testing.T) {
	for want, v := range map[string]any{
		"null": nil, "boolean": true, "string": "", "number": json.Number("1"), "array": []any{}, "object": landfall.Object{}, "struct {}": struct{}{},
	} {
		if got := landfall.KindOf(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}

func TestAppendJSON(t *testing.T) {
	for want, v := range map[string]any{
		`-1`: -1, `-2`: int64(-2), `false`: false, `{"A":"<\u0001>"}`: struct{ A string }{"<\x01>"}, `null`: make(chan int), `{}`: landfall.Object{}, `[]`: []any{},
	} {
		if got := string(landfall.AppendJSON(nil, v)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestEscapePointer(t *testing.T) {
	// RFC 6901 section 5.
	for in, want := range map[string]string{"": "", "a/b": "a~1b", "m~n": "m~0n", "c%d": "c%d", "~1": "~01", "k\"l": "k\"l"} {
		if got := landfall.EscapePointer(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
