package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"landfall"
	"landfall/api"
	"landfall/internal/sqlite"
)

// TestRealModel asks the real small model through the real command: nothing is
// scripted. It runs where LANDFALL_TEST_MODEL names a model that was fetched.
func TestRealModel(t *testing.T) {
	model := os.Getenv("LANDFALL_TEST_MODEL")
	if model == "" {
		t.Skip("LANDFALL_TEST_MODEL is not set: scripts/test.sh sets it once the model is fetched")
	}
	dir := t.TempDir()
	env := append(os.Environ(), "LANDFALL_MODEL="+model, "LANDFALL_THREADS=2", "LANDFALL_LOCAL_URL=")
	p, url, err := startGateway(dir, env, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !p.hasEnded(0) {
			p.kill()
		}
	})
	var keys map[string]string
	b, err := os.ReadFile(filepath.Join(dir, "data", "rehearsal", "apps.json"))
	if err == nil {
		err = json.Unmarshal(b, &keys)
	}
	if err != nil {
		t.Fatal(err)
	}
	ready := api.Client{URL: url}
	if !poll(2*time.Minute, func() bool { return ready.Ready(t.Context()) == nil }) {
		t.Fatalf("the model is not ready:\n%s\n%s", p.out.String(), p.log.String())
	}
	asked := 0
	for _, q := range realQuestions {
		for _, market := range []string{"CN", "EU"} {
			asked++
			e := stream(t, api.Client{URL: url, Key: keys[market]}, q.feature, q.body)
			if e.Status != landfall.Complete || !e.Rehearsal || !e.Labels.AIGenerated || e.Labels.Explicit.Text == "" || e.Release == "" {
				t.Fatalf("%s in %s: status %s, error %s, labels %+v", q.feature, market, e.Status, e.Error, e.Labels)
			}
			if out := string(e.Output); !strings.Contains(out, q.holds) {
				t.Errorf("%s in %s: %s lacks %q", q.feature, market, out, q.holds)
			}
		}
	}
	t.Run("the engine is killed in mid-answer", func(t *testing.T) {
		asked += killEngine(t, p, api.Client{URL: url, Key: keys["EU"]})
	})
	children := childrenOf(p.cmd.Process.Pid)
	if len(children) == 0 {
		t.Fatal("no engine runs")
	}
	p.kill()
	if !poll(10*time.Second, func() bool { return !alive(children) }) {
		t.Errorf("an engine outlives its parent: %v", children)
	}
	db, err := sqlite.OpenReader(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if n, err := countRecords(t.Context(), db); err != nil || n != asked {
		t.Errorf("%d records of %d requests, %v", n, asked, err)
	}
}

var realQuestions = []struct{ feature, body, holds string }{
	{"summarize", `{"input":{"text":"社区图书馆从下周一起延长开放时间。周一到周五开到晚上九点，周末开到下午六点。馆里新添了座位和自习室，读者可以用借书证预约。"}}`, "图书馆"},
	{"summarize", `{"input":{"text":"The town library will open longer from next Monday. On weekdays it stays open until nine in the evening. New seats and study rooms were added, and readers can book them with a library card."},"locale":"en-US"}`, "librar"},
	{"proofread", `{"input":{"text":"I recieved your letter yesterday and she go home."},"locale":"en-US"}`, `"received"`},
	{"extract", `{"input":{"text":"周日上午十点在白鹭公园东门集合，门票每人十五元。","json_schema":{"type":"object","properties":{"place":{"type":"string","description":"地点"},"price":{"type":"integer","description":"每人费用"}},"required":["price"]}}}`, `"price":15`},
}

// stream asks as events and checks that joined deltas are the text of done.
func stream(t *testing.T, c api.Client, feature, body string) api.Envelope {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	var e api.Envelope
	var text string
	meta := false
	for event, err := range c.Stream(ctx, feature, []byte(body)) {
		if err != nil {
			t.Fatal(err)
		}
		switch event.Name {
		case "meta":
			meta = true
		case "delta":
			if !meta {
				t.Error("text before the label")
			}
			var d struct{ Text string }
			if err := json.Unmarshal(event.Data, &d); err != nil {
				t.Fatal(err)
			}
			text += d.Text
		case "done":
			if err := json.Unmarshal(event.Data, &e); err != nil {
				t.Fatal(err)
			}
		}
	}
	var out landfall.Object
	if text != "" && (json.Unmarshal(e.Output, &out) != nil || out.Text("text") != text) {
		t.Errorf("deltas join to %q, done holds %s", text, e.Output)
	}
	return e
}

// killEngine ends the model's process while it answers: the answer is a partner's
// error, and the next one is complete. It returns how many requests it made.
func killEngine(t *testing.T, p *gatewayProcess, c api.Client) int {
	long := strings.Repeat("The boat club meets in the old mill on the lake, paints the hulls and plans the summer. ", 60)
	body := `{"input":{"text":"` + long + `"},"locale":"en-US"}`
	done := make(chan api.Envelope, 1)
	go func() {
		e, err := c.Call(context.Background(), "summarize", []byte(body))
		if err != nil {
			e.Error = json.RawMessage(fmt.Sprintf("%q", err))
		}
		done <- e
	}()
	time.Sleep(1500 * time.Millisecond) // the prompt alone takes the small model several seconds
	for _, pid := range childrenOf(p.cmd.Process.Pid) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	select {
	case e := <-done:
		if landfall.AsError(e.Err()).Code != landfall.CodePartnerError {
			t.Errorf("status %s, error %s", e.Status, e.Error)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the answer does not end")
	}
	if !poll(time.Minute, func() bool { return c.Ready(t.Context()) == nil }) {
		t.Fatalf("the engine does not come back:\n%s", p.log.String())
	}
	if e := stream(t, c, "summarize", realQuestions[1].body); e.Status != landfall.Complete {
		t.Errorf("after the restart: %s %s", e.Status, e.Error)
	}
	return 2
}

// childrenOf lists the processes whose parent is pid (Linux).
func childrenOf(pid int) []int {
	var out []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		b, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		// The name in brackets may hold spaces: the fields count from behind it.
		fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if len(fields) > 1 && fields[0] != "Z" && fields[1] == strconv.Itoa(pid) {
			n, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			out = append(out, n)
		}
	}
	return out
}

func alive(pids []int) bool {
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err == nil && !strings.Contains(string(b), ") Z ") {
			return true
		}
	}
	return false
}
