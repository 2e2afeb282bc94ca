package front_test

import (
	"reflect"
	"strings"
	"testing"

	"landfall/api"
)

// The documented request and the decoder know the same fields.
func TestRequestType(t *testing.T) {
	_, list, _ := strings.Cut(call(handler(&line{answer: fail}), `{"input":{},"nothing":1}`).Body.String(), "there are ")
	list, _, _ = strings.Cut(list, `"`)
	decoded := map[string]bool{}
	for name := range strings.SplitSeq(list, ", ") {
		decoded[name] = true
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[api.Request]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !decoded[name] {
			t.Errorf("api.Request has %s, the decoder names %s", name, list)
		}
		body := `{"input":{},"` + name + `":0.5}`
		if name == "input" {
			body = `{"input":0.5}`
		}
		if says := call(handler(&line{answer: fail}), body).Body.String(); strings.Contains(says, "unknown field") {
			t.Errorf("%s: %s", name, says)
		}
		delete(decoded, name)
	}
	if len(decoded) > 0 {
		t.Errorf("the decoder has fields that api.Request lacks: %v", decoded)
	}
}
