package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// gatewayProcess is `landfall serve` in a process of its own.
type gatewayProcess struct {
	cmd      *exec.Cmd
	out, log output
	ended    chan struct{}
	err      error // of the process, once ended is closed
}

// output keeps what a process writes; it may be read meanwhile.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// startGateway starts the command and waits until it serves; the address is the
// one it prints.
func startGateway(dir string, env, args []string) (*gatewayProcess, string, error) {
	path, err := exec.LookPath("landfall")
	if err != nil {
		return nil, "", err
	}
	p := &gatewayProcess{cmd: exec.Command(path, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...), ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = dir, env, &p.out, &p.log
	if err := p.cmd.Start(); err != nil {
		return nil, "", err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	var url string
	served := poll(30*time.Second, func() bool {
		if m := regexp.MustCompile(`gateway +(http://\S+)`).FindStringSubmatch(p.out.String()); m != nil {
			url = m[1]
			return healthy(url)
		}
		return p.hasEnded(0)
	})
	if !served || url == "" {
		p.kill()
		return nil, "", &exec.Error{Name: "landfall serve", Err: errString(p.log.String())}
	}
	return p, url, nil
}

type errString string

func (e errString) Error() string { return string(e) }

func healthy(url string) bool {
	resp, err := client.Get(url + "/healthz")
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == 200
}

func (p *gatewayProcess) hasEnded(within time.Duration) bool {
	return poll(within, func() bool { return closed(p.ended) })
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (p *gatewayProcess) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

func cmdServe(ts *testscript.TestScript, w *world, args []string) {
	env := os.Environ()
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "LANDFALL_LOCAL_URL"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	if w.server != nil && !w.server.hasEnded(0) {
		ts.Fatalf("a gateway runs already")
	}
	p, url, err := startGateway(ts.MkAbs("."), env, args)
	ts.Check(err)
	w.server = p
	ts.Setenv("GATEWAY", url)
	for market, key := range demoKeys(ts, dataDir(args)) {
		ts.Setenv("KEY_"+market, key)
	}
	_, _ = ts.Stdout().Write([]byte(p.out.String()))
}

func dataDir(args []string) string {
	for i, a := range args {
		if a == "--data" {
			return args[i+1]
		}
	}
	return "data"
}

func demoKeys(ts *testscript.TestScript, data string) (keys map[string]string) {
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(filepath.Join(data, "rehearsal", "apps.json"))), &keys))
	return keys
}

func cmdTerm(ts *testscript.TestScript, w *world, _ []string) {
	ts.Check(w.server.cmd.Process.Signal(syscall.SIGTERM))
}

func cmdEnded(ts *testscript.TestScript, w *world, _ []string) {
	if !w.server.hasEnded(30 * time.Second) {
		ts.Fatalf("the gateway did not end")
	}
	if w.server.err != nil {
		ts.Fatalf("the gateway ended badly: %v\n%s", w.server.err, w.server.log.String())
	}
}

func cmdShutdown(ts *testscript.TestScript, w *world, args []string) {
	cmdTerm(ts, w, args)
	cmdEnded(ts, w, args)
}

func cmdKill9(_ *testscript.TestScript, w *world, _ []string) { w.server.kill() }

func cmdLog(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "log PATTERN")
	w := of(ts)
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	found := func() bool { return pattern.MatchString(w.server.log.String()) }
	if neg && found() || !neg && !poll(3*time.Second, found) {
		ts.Fatalf("the log, looking for %q:\n%s", args[0], lastPart(w.server.log.String()))
	}
}

func lastPart(log string) string {
	lines := strings.Split(log, "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// cmdDiskFull takes from the gateway's process alone the right to make files
// longer, as a full disk does; it needs no file system of its own.
func cmdDiskFull(ts *testscript.TestScript, w *world, _ []string) { limitFiles(ts, w, 0) }

func cmdDiskFree(ts *testscript.TestScript, w *world, _ []string) {
	limitFiles(ts, w, unix.RLIM_INFINITY)
}

func limitFiles(ts *testscript.TestScript, w *world, bytes uint64) {
	limit := unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}
	ts.Check(unix.Prlimit(w.server.cmd.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil))
}

// cmdTmpfs mounts a file system in memory until the script ends.
func cmdTmpfs(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 2, "tmpfs DIR SIZE")
	dir := ts.MkAbs(args[0])
	ts.Check(unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+args[1]))
	ts.Defer(func() {
		if w.server != nil {
			w.server.kill()
		}
		_ = unix.Unmount(dir, unix.MNT_DETACH)
	})
}

// canMount tries: to be root is not enough in every container.
func canMount(t *testing.T) bool {
	dir := t.TempDir()
	if unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k") != nil {
		return false
	}
	return unix.Unmount(dir, 0) == nil
}
