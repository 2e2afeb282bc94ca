package local

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed serve.py
var serveScript string

// What the engine is told besides the model.
const (
	contextTokens = 8192 // of one request
	parallel      = 2    // requests decoded at once
	cacheMiB      = 64   // of evicted prompts; the engine's own default is 8 GiB
)

// launch says how to start the engine once.
type launch struct {
	python string // of the virtual environment; or
	server string // llama-server
	path   string // the weights
	alias  string // what it reports as model
	token  string
	// threads: the engine's barriers spin, so one core stays free for the rest.
	threads int
	log     func(line string)
}

// settings is the line that serve.py reads; the token is in it, not in the
// command line, which every user of the machine can read.
type settings struct {
	Path     string `json:"path"`
	Alias    string `json:"alias"`
	Token    string `json:"token"`
	Threads  int    `json:"threads"`
	Context  int    `json:"context"`
	Parallel int    `json:"parallel"`
	CacheMiB int    `json:"cache_mib"`
}

// process is one run of the engine.
type process struct {
	url   string // http://127.0.0.1:port
	cmd   *exec.Cmd
	stdin io.Closer
	deaf  bool // it does not read its standard input
	words *tail
	ended chan struct{} // closed when it has ended and err is set
	err   error
}

// loadTime is how long the engine may take until it answers.
const loadTime = 5 * time.Minute

// start starts the engine and returns when it is healthy. The caller is locked
// to its thread as long as the process lives; see tied.
func (l launch) start(ctx context.Context) (*process, error) {
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	p := &process{words: &tail{log: l.log}, ended: make(chan struct{})}
	begin := l.startScript
	if l.server != "" {
		begin = l.startServer
	}
	if err := begin(ctx, p); err != nil {
		return nil, err
	}
	if err := p.healthy(ctx); err != nil {
		p.stop()
		return nil, p.explain(err)
	}
	return p, nil
}

// startScript runs serve.py, hands it the settings and reads the address.
func (l launch) startScript(ctx context.Context, p *process) error {
	line, err := json.Marshal(settings{l.path, l.alias, l.token, l.threads, contextTokens, parallel, cacheMiB})
	if err != nil {
		return err
	}
	p.cmd = exec.Command(l.python, "-I", "-u", "-c", serveScript)
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.begin(append(line, '\n')); err != nil {
		return err
	}
	address := make(chan string, 1)
	go func() {
		defer close(address)
		var said struct {
			Address string `json:"address"`
		}
		b, _ := bufio.NewReader(io.LimitReader(stdout, 1<<16)).ReadBytes('\n')
		if json.Unmarshal(b, &said) == nil && said.Address != "" {
			address <- said.Address
		}
	}()
	select {
	case url, ok := <-address:
		if ok {
			p.url = url
			p.wait()
			return nil
		}
		err = errors.New("it named no address")
	case <-ctx.Done():
		err = ctx.Err()
	}
	p.wait()
	p.stop()
	return p.explain(err)
}

// startServer runs a llama-server of the user's on a port that was free a moment
// ago; if somebody takes it in between, the next start tries another.
func (l launch) startServer(_ context.Context, p *process) error {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := free.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	free.Close()
	p.url, p.deaf = "http://"+address, true
	p.cmd = exec.Command(l.server, "--model", l.path, "--alias", l.alias, "--host", "127.0.0.1", "--port", port,
		"--ctx-size", strconv.Itoa(contextTokens*parallel), "--parallel", strconv.Itoa(parallel),
		"--threads", strconv.Itoa(l.threads), "--threads-batch", strconv.Itoa(l.threads),
		"--cache-ram", strconv.Itoa(cacheMiB), "--jinja")
	p.cmd.Env = append(os.Environ(), "LLAMA_API_KEY="+l.token)
	if err := p.begin(nil); err != nil {
		return err
	}
	p.wait()
	return nil
}

// begin starts the command with a standard input that stays open.
func (p *process) begin(first []byte) error {
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return err
	}
	p.stdin = stdin
	p.cmd.Stderr = p.words
	p.cmd.WaitDelay = 5 * time.Second
	p.cmd.SysProcAttr = tied()
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	// An engine that ended already shows so in what it does not answer.
	_, _ = stdin.Write(first)
	return nil
}

// wait collects the process in the background.
func (p *process) wait() {
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
}

// stop ends the process: first politely, then by force.
func (p *process) stop() {
	p.stdin.Close()
	if p.deaf {
		_ = p.cmd.Process.Signal(os.Interrupt)
	}
	select {
	case <-p.ended:
	case <-time.After(3 * time.Second):
		_ = killGroup(p.cmd)
		<-p.ended
	}
}

// explain adds the engine's last words to an error.
func (p *process) explain(err error) error {
	if words := p.words.last(); words != "" {
		return fmt.Errorf("engine: %w: %s", err, words)
	}
	return fmt.Errorf("engine: %w", err)
}

// healthy waits until /health says so.
func (p *process) healthy(ctx context.Context) error {
	for {
		if p.ping(ctx) == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("it ended while loading: %w", p.err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

var pingClient = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// ping asks once; the transport has no proxy, for the address is this machine's.
func (p *process) ping(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"/health", nil)
	if err != nil {
		return err
	}
	res, err := pingClient.Do(req)
	if err != nil {
		return err
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("health: %s", res.Status)
	}
	return nil
}

// tail passes an engine's words on by line, and keeps the last of them.
type tail struct {
	log func(line string)

	mu   sync.Mutex
	kept []byte
	line []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, b...)
	t.kept = t.kept[max(0, len(t.kept)-4096):]
	for _, c := range b {
		if c != '\n' && len(t.line) < 4096 {
			t.line = append(t.line, c)
			continue
		}
		if t.log != nil && len(t.line) > 0 {
			t.log(string(t.line))
		}
		t.line = t.line[:0]
	}
	return len(b), nil
}

func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(lastLines(string(t.kept), 3))
}
