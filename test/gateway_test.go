package clients_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binary is `landfall`, built by the script that runs these tests.
const binary = "../bin/landfall"

// gateway is `landfall serve` with its own data, its model server the test's.
type gateway struct {
	t    *testing.T
	dir  string
	url  string
	keys map[string]string // by market; own is an app that shows labels itself
}

// buffer keeps what a process writes; it may be read meanwhile.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func startGateway(t *testing.T, upstream string) *gateway {
	g := &gateway{t: t, dir: t.TempDir()}
	g.write("data/lists/CN.txt", "碎月令\n") // an invented word
	g.overlay()
	cmd := g.command("serve", "--listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "LANDFALL_LOCAL_URL="+upstream)
	var out, log buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := <-ended; err != nil {
			t.Errorf("the gateway ended badly: %v\n%s", err, log.String())
		}
	})
	address := regexp.MustCompile(`gateway +(http://\S+)`)
	if !poll(time.Minute, func() bool {
		if m := address.FindStringSubmatch(out.String()); m != nil {
			g.url = m[1]
		}
		return g.url != "" && ready(g.url)
	}) {
		t.Fatalf("the gateway does not serve:\n%s\n%s", out.String(), log.String())
	}
	g.readKeys()
	return g
}

// overlay gives the releases the parameter tools, which the model that ships has not.
func (g *gateway) overlay() {
	b, err := os.ReadFile("../packs/partner/selfhosted.yaml")
	if err != nil {
		g.t.Fatal(err)
	}
	with := strings.Replace(string(b), "\nparameters:\n", "\nparameters:\n  - {name: tools, value: \"true\"}\n", 1)
	if with == string(b) {
		g.t.Fatal("packs/partner/selfhosted.yaml has no parameters")
	}
	g.write("packs/partner/selfhosted.yaml", with)
}

func (g *gateway) write(name, text string) {
	file := filepath.Join(g.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		g.t.Fatal(err)
	}
}

func (g *gateway) command(args ...string) *exec.Cmd {
	path, err := filepath.Abs(binary)
	if err != nil {
		g.t.Fatal(err)
	}
	cmd := exec.Command(path, append([]string{"--data", "data", "--packs", "packs"}, args...)...)
	cmd.Dir = g.dir
	return cmd
}

func (g *gateway) run(args ...string) string {
	out, err := g.command(args...).Output()
	if err != nil {
		g.t.Fatalf("landfall %s: %v", strings.Join(args, " "), err)
	}
	return string(out)
}

func (g *gateway) readKeys() {
	b, err := os.ReadFile(filepath.Join(g.dir, "data", "rehearsal", "apps.json"))
	if err != nil {
		g.t.Fatal(err)
	}
	if err := json.Unmarshal(b, &g.keys); err != nil {
		g.t.Fatal(err)
	}
	g.keys["wrong"] = "no-key-at-all"
	for line := range strings.Lines(g.run("app", "new", "own", "--market", "CN", "--shows-labels")) {
		if key, ok := strings.CutPrefix(line, "key"); ok {
			g.keys["own"] = strings.TrimSpace(key)
		}
	}
	if !poll(10*time.Second, func() bool { return g.status("/v1/models", g.keys["own"]) == http.StatusOK }) {
		g.t.Fatal("the new app's key is not known")
	}
}

func (g *gateway) status(path, key string) int {
	r, err := http.NewRequest(http.MethodGet, g.url+path, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func ready(url string) bool {
	resp, err := http.Get(url + "/readyz")
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// poll reports whether something came true in time.
func poll(d time.Duration, ok func() bool) bool {
	for end := time.Now().Add(d); ; time.Sleep(20 * time.Millisecond) {
		if ok() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}
