package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"landfall/packs"
)

// market and listed say under which rules Landfall is measured.
const (
	market = "EU"
	listed = 10_000 // words on the operator's list
)

// gateway is Landfall, running on a data directory of its own.
type gateway struct {
	*process
	binary string
	data   string
	key    string
}

// startGateway makes a data directory with the list of words, starts Landfall on it
// with the partner as its model, and waits until it is ready.
func startGateway(ctx context.Context, cfg config, partner string) (*gateway, error) {
	g := &gateway{binary: cfg.landfall}
	var err error
	if g.data, err = os.MkdirTemp(cfg.dir, "bench-data-"); err != nil {
		return nil, err
	}
	if err = g.start(ctx, partner); err != nil {
		err = fmt.Errorf("landfall: %w\n%s", err, g.lastLog())
		g.end()
		return nil, err
	}
	return g, nil
}

// start begins on an empty data directory but for the lists, so that the first
// start makes and approves the releases with them. The list is the floor then.
func (g *gateway) start(ctx context.Context, partner string) error {
	if err := errors.Join(writeLists(g.data, words(listed)), writePacks(g.packs())); err != nil {
		return err
	}
	addr, err := freeAddress()
	if err != nil {
		return err
	}
	log, err := os.Create(g.logFile())
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(g.binary, "serve", "--listen", addr, "--data", g.data, "--packs", g.packs())
	cmd.Env = append(os.Environ(), "LANDFALL_LOCAL_URL="+partner+"/v1", "LANDFALL_MODEL="+model)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = childAttr()
	if err := cmd.Start(); err != nil {
		return err
	}
	g.process = &process{cmd: cmd, url: "http://" + addr}
	if err := awaitOK(ctx, g.url+"/readyz", 20*time.Second); err != nil {
		return err
	}
	return g.readKey()
}

// writeLists lays the words down for every market that the product comes with.
func writeLists(data string, words []string) error {
	dir := filepath.Join(data, "lists")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	list := []byte(strings.Join(words, "\n") + "\n")
	for _, m := range []string{"CN", market} {
		if err := os.WriteFile(filepath.Join(dir, m+".txt"), list, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// packs is the folder laid over the packs that the product comes with.
func (g *gateway) packs() string { return filepath.Join(g.data, "packs") }

var (
	limits = regexp.MustCompile(`(?m)^limits: .*`)
	split  = regexp.MustCompile(`(?m)^split: .*`)
)

// writePacks lets summarize take the long text in one call, as it would with a
// partner whose window holds it: its limits are those of the small model.
func writePacks(dir string) error {
	const file = "feature/summarize.yaml"
	src, err := packs.Files.ReadFile(file)
	if err != nil {
		return err
	}
	if !limits.Match(src) || !split.Match(src) {
		return fmt.Errorf("%s has no line of limits, or none of split", file)
	}
	src = limits.ReplaceAll(src, []byte("limits: {zh: 200000, en: 200000}"))
	src = split.ReplaceAll(src, []byte("split: {over: 100000, chunk: 800}"))
	if err := os.MkdirAll(filepath.Join(dir, "feature"), 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, file), src, 0o600)
}

// readKey takes the key that a rehearsal makes for the market.
func (g *gateway) readKey() error {
	b, err := os.ReadFile(filepath.Join(g.data, "rehearsal", "apps.json"))
	if err != nil {
		return err
	}
	keys := map[string]string{}
	if err := json.Unmarshal(b, &keys); err != nil {
		return err
	}
	if g.key = keys[market]; g.key == "" {
		return fmt.Errorf("no key of market %s", market)
	}
	return nil
}

// freeAddress returns an address of loopback that was free a moment ago.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// records are those in the audit log that have both entries, counted by the
// product's own command while it serves, as an auditor would.
type records struct {
	all      int // with both entries
	complete int // of these, those whose outcome is a whole answer
	open     int // without the closing entry
}

func (g *gateway) records(ctx context.Context) (records, error) {
	cmd := exec.CommandContext(ctx, g.binary, "audit", "list", "--json", "--data", g.data)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return records{}, fmt.Errorf("landfall audit list: %w", err)
	}
	return countRecords(out)
}

// countRecords reads one record a line, {"opened": {…}, "closed": {"outcome": …}}.
func countRecords(list []byte) (records, error) {
	var n records
	lines := bufio.NewScanner(bytes.NewReader(list))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r struct{ Opened, Closed *struct{ Outcome string } }
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return n, fmt.Errorf("landfall audit list: %w", err)
		}
		switch {
		case r.Opened == nil || r.Closed == nil:
			n.open++
		case r.Closed.Outcome == "complete":
			n.complete++
			n.all++
		default:
			n.all++
		}
	}
	return n, lines.Err()
}

// logFile takes both outputs: the log is written as in use, one line a request, and
// not thrown away at less than its price.
func (g *gateway) logFile() string { return filepath.Join(g.data, "landfall.log") }

// lastLog returns the end of what Landfall said.
func (g *gateway) lastLog() string {
	b, _ := os.ReadFile(g.logFile())
	return string(b[max(0, len(b)-2000):])
}

// end stops Landfall and removes its data.
func (g *gateway) end() {
	if g.process != nil {
		g.stop()
	}
	_ = os.RemoveAll(g.data)
}
