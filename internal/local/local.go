// Package local is the embedded endpoint of partner selfhosted: it fetches a
// small model's weights, verifies them by hash, and runs llama.cpp's own server
// as a supervised child process that listens on loopback with a token of its
// own. To the rest of Landfall it is an address like any other.
//
// Three kinds of engine, in this order: an OpenAI-compatible server that the
// user has, named by LANDFALL_LOCAL_URL; llama-server from PATH, where
// LANDFALL_ENGINE=llama-server asks for it or no Python can carry the next; and
// the pinned engine, installed into a virtual environment in the user's cache.
//
// Rules. Transport is not trusted, the hash is: a file is read whole and
// compared at every start, before the engine sees it. A file that is not the
// catalogue's is refused and left where it is. A request waits for loading,
// never for a download. No engine outlives this process, however it ends.
package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"landfall"
	"landfall/internal/pack"
)

// Config says which model runs and how. Fields left empty are taken from the
// environment variable named.
type Config struct {
	Catalogue Catalogue
	// Model is an id of the catalogue, "small" or "default", or with URL a name
	// that the server knows. LANDFALL_MODEL. Defaults to what memory allows.
	Model string
	// CacheDir is the folder of weights and engines. LANDFALL_CACHE. Defaults to
	// landfall/ in the user's cache folder.
	CacheDir string
	// URL is the address of a server that the user runs, with or without /v1, and
	// Token its key. LANDFALL_LOCAL_URL, LANDFALL_LOCAL_TOKEN.
	URL, Token string
	// Engine is "llama-server" to use that program of PATH. LANDFALL_ENGINE.
	// Defaults to the catalogue's engine.
	Engine string
	// Threads decode. LANDFALL_THREADS. Defaults to the physical cores less one,
	// at least one, and to one where CI is set.
	Threads int
	// Python makes the virtual environment. Defaults to python3 of PATH.
	Python string
	// FreeMemory returns the bytes that are free, 0 for unknown. Defaults to what
	// the system says.
	FreeMemory func() int64
	// Getenv defaults to [os.Getenv].
	Getenv   func(string) string
	Log      *slog.Logger
	Progress func(Progress)
}

func (c Config) withDefaults() (Config, error) {
	if c.Getenv == nil {
		c.Getenv = os.Getenv
	}
	for name, field := range map[string]*string{
		"LANDFALL_MODEL": &c.Model, "LANDFALL_CACHE": &c.CacheDir, "LANDFALL_LOCAL_URL": &c.URL,
		"LANDFALL_LOCAL_TOKEN": &c.Token, "LANDFALL_ENGINE": &c.Engine,
	} {
		if *field == "" {
			*field = c.Getenv(name)
		}
	}
	if c.Engine != "" && c.Engine != llamaServer && c.Engine != c.Catalogue.Engine.Package {
		return c, fmt.Errorf("LANDFALL_ENGINE is %q: want %s or %s", c.Engine, c.Catalogue.Engine.Package, llamaServer)
	}
	if c.FreeMemory == nil {
		c.FreeMemory = freeMemory
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	var err error
	if s := c.Getenv("LANDFALL_THREADS"); c.Threads == 0 && s != "" {
		if c.Threads, err = strconv.Atoi(s); err != nil || c.Threads < 1 {
			return c, fmt.Errorf("LANDFALL_THREADS is %q: want a number from 1", s)
		}
	}
	if c.Threads == 0 {
		c.Threads = threads(physicalCores(), runtime.GOMAXPROCS(0), c.Getenv("CI") != "")
	}
	return c, nil
}

// threads leaves one core to the rest: the engine's barriers spin, and with
// another busy process on every core decoding collapses (llama.cpp pull request
// 13079). cores is 0 where unknown; allowed is what the process may use.
func threads(cores, allowed int, ci bool) int {
	if ci {
		return 1
	}
	if cores == 0 || cores > allowed {
		cores = allowed
	}
	return max(1, cores-1)
}

// Engine is the endpoint. Safe for concurrent use.
type Engine struct {
	model   landfall.Model
	weights Weights
	cache   Cache
	pip     *pip
	server  string // llama-server; "" for the pinned engine
	foreign bool
	threads int
	token   string
	log     *slog.Logger
	report  func(Progress)

	once   sync.Once
	cancel context.CancelFunc
	ended  chan struct{}

	mu      sync.Mutex
	state   State
	address string        // valid while ready
	changed chan struct{} // closed at each change, then made anew
}

const llamaServer = "llama-server"

// Open decides which model and which engine answer, and starts nothing. Only a
// server of the user's is asked, for at most three seconds, what it serves.
func Open(c Config) (*Engine, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	e := &Engine{threads: c.Threads, log: c.Log, report: c.Progress, token: c.Token,
		changed: make(chan struct{}), ended: make(chan struct{})}
	e.state = State{Phase: Loading, Message: "not started", Threads: c.Threads}
	if c.URL != "" {
		return e, e.openForeign(c)
	}
	var note string
	if e.weights, note, err = c.Catalogue.Choose(c.Model, c.FreeMemory()); err != nil {
		return nil, err
	}
	if e.state.Note = note; note != "" {
		c.Log.Warn(note)
	}
	if e.cache, err = OpenCache(c.CacheDir); err != nil {
		return nil, err
	}
	e.token = rand.Text()
	e.pip = &pip{cache: e.cache, pin: c.Catalogue.Engine, python: c.Python, report: e.progress}
	e.model = landfall.Model{
		ID: e.weights.ID, Identity: e.weights.Identity, Fingerprint: e.pip.pin.Fingerprint,
		Weights: landfall.Digest("sha256:" + e.weights.SHA256), ChatTemplate: e.weights.ChatTemplate,
		Engine: e.pip.pin.Package + " " + e.pip.pin.Version,
	}
	return e, e.chooseServer(c.Engine)
}

// chooseServer takes llama-server where it is asked for, or where the pinned
// engine can be neither found nor installed.
func (e *Engine) chooseServer(asked string) error {
	if asked != llamaServer && e.pip.installed() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	if asked == "" {
		if _, err := e.pip.find(ctx); err == nil {
			return nil
		}
	}
	server, err := exec.LookPath(llamaServer)
	switch {
	case err == nil && asked != e.pip.pin.Package:
		e.server, e.model.Engine, e.model.Fingerprint = server, serverVersion(ctx, server), ""
	case asked == llamaServer:
		return fmt.Errorf("LANDFALL_ENGINE is %s, which is not on PATH", llamaServer)
	}
	return nil
}

// serverVersion is the first line that says a version, such as "llama-server 4567 (abc)".
func serverVersion(ctx context.Context, server string) string {
	out, _ := exec.CommandContext(ctx, server, "--version").CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if v, ok := strings.CutPrefix(line, "version: "); ok {
			return llamaServer + " " + strings.TrimSpace(v)
		}
	}
	return llamaServer + " of unknown version"
}

// Identity is what a release pins of the model, known before any download.
func (e *Engine) Identity() landfall.Model { return e.model }

// Speed is the catalogue's figure for the model; zero for a server of the user's.
func (e *Engine) Speed() pack.Speed { return e.weights.Measured }

// Languages are those that the model can do; none for a server of the user's, of
// which nobody says.
func (e *Engine) Languages() []string { return e.weights.Languages }

// Start fetches, verifies and runs the model in the background, until
// [Engine.Close] or the end of the context. Calls after the first do nothing.
func (e *Engine) Start(ctx context.Context) {
	e.once.Do(func() {
		ctx, e.cancel = context.WithCancel(ctx)
		go func() {
			defer close(e.ended)
			if e.foreign {
				e.watchForeign(ctx)
				return
			}
			if err := e.obtain(ctx); err != nil {
				e.failed(ctx, err)
				return
			}
			e.supervise(ctx, e.launch())
		}()
	})
}

// Close ends the engine and returns when it is gone.
func (e *Engine) Close() error {
	e.once.Do(func() { close(e.ended) })
	if e.cancel != nil {
		e.cancel()
	}
	<-e.ended
	e.set(func(s *State) { s.Phase, s.Message = Broken, "closed" })
	return nil
}

// obtain installs the engine and fetches the weights; a fault of one does not
// keep a person from being told the other's.
func (e *Engine) obtain(ctx context.Context) error {
	if !e.cache.present(e.weights) || e.server == "" && !e.pip.installed() {
		e.set(func(s *State) { s.Phase, s.Message = Downloading, "" })
	}
	var engineErr error
	if e.server == "" {
		var step Step
		step, engineErr = e.pip.install(ctx)
		e.record(step)
	}
	f := &fetcher{cache: e.cache, pip: e.pip, report: e.progress, answer: hubAnswer}
	step, err := f.fetch(ctx, e.weights)
	e.record(step)
	return errors.Join(engineErr, err)
}

// verify compares the file with the catalogue.
func (e *Engine) verify(ctx context.Context) error {
	e.set(func(s *State) {
		if s.Phase != Broken { // a restart after many is no reason to wait
			s.Phase, s.Message = Loading, "verifying"
		}
	})
	m := newMeter(StageVerify, e.weights.ID, 0, e.weights.Bytes, e.report)
	if err := e.cache.Verify(ctx, e.weights, m.set); err != nil {
		return err
	}
	e.record(m.step())
	return nil
}

func (e *Engine) launch() launch {
	return launch{
		python: e.pip.interpreter(), server: e.server, path: e.cache.Path(e.weights), alias: e.weights.Identity,
		token: e.token, threads: e.threads, log: func(line string) { e.log.Debug(line, "from", "model engine") },
	}
}

// failed puts the error into the state: a matter of files, or of the engine.
func (e *Engine) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	e.log.Error("local model", "err", err)
	var file *FileError
	phase := Broken
	if errors.As(err, &file) {
		phase = Missing
	}
	e.set(func(s *State) { s.Phase, s.Message = phase, err.Error() })
}

// progress shows a download in the state and passes it on.
func (e *Engine) progress(p Progress) {
	if p.Stage == StageDownload {
		e.set(func(s *State) { s.Percent = p.Percent() })
	}
	if e.report != nil {
		e.report(p)
	}
}

// record keeps the last step of each kind: restarts repeat some.
func (e *Engine) record(s Step) {
	if s.Stage == "" {
		return
	}
	e.log.Info("local model: "+s.Stage, "what", s.Detail, "took", s.Took.Round(time.Millisecond), "bytes", s.Bytes)
	e.set(func(st *State) {
		kept := slices.DeleteFunc(slices.Clone(st.Steps), func(o Step) bool { return o.Stage == s.Stage && o.Detail == s.Detail })
		st.Steps = append(kept, s)
	})
}
