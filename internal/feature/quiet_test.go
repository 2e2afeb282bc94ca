package feature_test

import (
	"encoding/json"
	"strings"
	"testing"

	"landfall"
	"landfall/internal/feature"
)

// What is wrong with an input is said without the input's own words.
func TestMessagesOfTheSchemaHoldNothingTheCallerWrote(t *testing.T) {
	for _, tt := range []struct{ id, input, field, secret string }{
		{"summarize", `{"text":"社区图书馆","length":"小禾的秘密"}`, "/input/length", "小禾的秘密"},
		{"summarize", `{"text":"社区图书馆","type":"小禾的秘密"}`, "/input/type", "小禾的秘密"},
	} {
		_, err := call(t, tt.id, tt.input, &says{answers: []string{""}})
		if err == nil || err.Code != landfall.CodeInputInvalid || strings.Contains(err.Message, tt.secret) {
			t.Errorf("%s %s: %v", tt.id, tt.input, err)
			continue
		}
		if f, _ := err.Params.Get("field"); f != tt.field {
			t.Errorf("%s %s: field %v", tt.id, tt.input, f)
		}
	}
}

// A schema's enum holds simple values: what a model cannot be held to is refused.
func TestEnumOfCompositeValuesIsRefused(t *testing.T) {
	for _, tt := range []struct{ value, path string }{
		{`[{"a":1}]`, "0"}, {`["x",["y"]]`, "1"}, {`[1,2,[]]`, "2"},
	} {
		_, err := call(t, "extract", `{"text":"苹果三个","json_schema":{"type":"object","properties":{"a":{"type":"string","enum":`+tt.value+`}}}}`, &says{answers: []string{"{}"}})
		if err == nil || err.Code != landfall.CodeSchemaInvalid {
			t.Errorf("%s: %v", tt.value, err)
			continue
		}
		if f, _ := err.Params.Get("field"); !strings.HasSuffix(f.(string), "/properties/a/enum/"+tt.path) {
			t.Errorf("%s: field %v", tt.value, f)
		}
	}
	_, err := call(t, "extract", `{"text":"苹果三个","json_schema":{"type":"object","properties":{"a":{"enum":["x",1,true,null]}}}}`, &says{answers: []string{"{}"}})
	if err != nil && err.Code == landfall.CodeSchemaInvalid && strings.Contains(err.Message, "enum") {
		t.Errorf("simple values: %v", err)
	}
}

func TestMessagesOfBoundsHoldNoNumberOfTheCallers(t *testing.T) {
	d := shipped(t, "summarize")
	fields, _ := d.Input.Get("properties")
	d.Input = append(landfall.Object(nil), d.Input...).Set("properties",
		append(append(landfall.Object(nil), fields.(landfall.Object)...), landfall.Member{Key: "n", Value: landfall.Object{
			{Key: "type", Value: "integer"}, {Key: "minimum", Value: json.Number("1")}, {Key: "maximum", Value: json.Number("3")},
		}}))
	f, err := feature.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	rel := &landfall.Release{Model: landfall.Model{ID: "m"}, Languages: []string{"zh", "en"}}
	for _, n := range []string{"13800000000", "-13800000000"} {
		_, bad := f.Admit(landfall.Request{Input: landfall.Object{{Key: "text", Value: "社区图书馆"}, {Key: "n", Value: json.Number(n)}}}, rel, "zh")
		if bad == nil || bad.Code != landfall.CodeInputInvalid || strings.Contains(bad.Message, "138") {
			t.Errorf("%s: %v", n, bad)
		}
	}
}
