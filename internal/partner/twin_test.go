package partner

import (
	"encoding/json"
	"reflect"
	"testing"
)

func chunk(text string) string {
	b, _ := json.Marshal(text)
	return `{"id":"1","model":"m","choices":[{"index":0,"delta":{"content":` + string(b) + `},"finish_reason":null}]}`
}

// A chunk that is read as its twin says what a full reading says.
func FuzzTwin(f *testing.F) {
	f.Add(chunk("你好"), chunk("世界"))
	f.Add(chunk("a"), chunk(`b","finish_reason":"stop`))
	f.Add(chunk("a"), `{"id":"1","model":"m","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop","a":"","content":""},"finish_reason":null}]}`)
	f.Add(`{"x":"content","y":{"content":"a"},"choices":[{"delta":{"content": "a"}}]}`, `{"x":"content","y":{"content":"b"},"choices":[{"delta":{"content": "a"}}]}`)
	f.Fuzz(func(t *testing.T, first, second string) {
		var a, b frame
		if json.Unmarshal([]byte(first), &a) != nil {
			return
		}
		var w twin
		w.learn([]byte(first), &a)
		got, ok := w.read([]byte(second))
		if !ok {
			return
		}
		if err := json.Unmarshal([]byte(second), &b); err != nil {
			t.Fatalf("%q is no JSON, and its twin of %q says %+v", second, first, got)
		}
		if !reflect.DeepEqual(*got, b) {
			t.Fatalf("%q is %+v, its twin says %+v", second, b, *got)
		}
	})
}

func TestTwinReadsWhatIsAlike(t *testing.T) {
	var a frame
	if err := json.Unmarshal([]byte(chunk("你好")), &a); err != nil {
		t.Fatal(err)
	}
	var w twin
	w.learn([]byte(chunk("你好")), &a)
	if got, ok := w.read([]byte(chunk("世界"))); !ok || got.Choices[0].Delta.Content != "世界" || got.Model != "m" {
		t.Errorf("%+v %t", got, ok)
	}
	for _, other := range []string{chunk("a\nb"), chunk(`"`), chunk("🙂"[:2]), `{"id":"2","model":"m","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}`, ""} {
		if got, ok := w.read([]byte(other)); ok && other != chunk("🙂"[:2]) {
			t.Errorf("%q is read as a twin: %+v", other, got)
		}
	}
}

func BenchmarkFrame(b *testing.B) {
	data := []byte(chunk("图书馆"))
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			var f frame
			if err := json.Unmarshal(data, &f); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("twin", func(b *testing.B) {
		var f frame
		_ = json.Unmarshal(data, &f)
		var w twin
		w.learn(data, &f)
		for b.Loop() {
			if _, ok := w.read(data); !ok {
				b.Fatal("no twin")
			}
		}
	})
}
