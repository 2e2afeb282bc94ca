package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// pip is the user's Python and the engine's private virtual environment in the
// cache. Nothing is ever installed outside it.
type pip struct {
	cache  Cache
	pin    EnginePin
	python string // program; "" looks for python3 and python on PATH
	report func(Progress)
}

func (p *pip) dir() string { return filepath.Join(p.cache.Dir, "venv-"+p.pin.Version) }

func (p *pip) interpreter() string { return filepath.Join(p.dir(), "bin", "python") }

func (p *pip) marker() string { return filepath.Join(p.dir(), "landfall-installed") }

// installed reports whether the engine is there, from an earlier run.
func (p *pip) installed() bool {
	b, err := os.ReadFile(p.marker())
	return err == nil && string(b) == p.requirement()
}

// requirement is the line of a requirements file that lets pip install the
// pinned wheels and nothing else.
func (p *pip) requirement() string {
	line := p.pin.Package + "==" + p.pin.Version
	for _, w := range p.pin.Wheels {
		line += " --hash=sha256:" + w.SHA256
	}
	return line + "\n"
}

// find returns a Python that can make the environment, or says which package to install.
func (p *pip) find(ctx context.Context) (string, error) {
	if platform := runtime.GOOS + "/" + runtime.GOARCH; !p.pin.wheel(platform) {
		return "", fmt.Errorf("%s %s has no wheel for %s; %s", p.pin.Package, p.pin.Version, platform, otherWays)
	}
	python := p.python
	for _, name := range []string{"python3", "python"} {
		if python == "" {
			python, _ = exec.LookPath(name)
		}
	}
	if python == "" {
		return "", fmt.Errorf("the model engine needs Python 3.10 or newer and none is on PATH: %s; %s", installHint("python3-venv"), otherWays)
	}
	const probe = `import sys
if sys.version_info < (3, 10): sys.exit("version " + sys.version.split()[0])
import venv, ensurepip`
	out, err := exec.CommandContext(ctx, python, "-c", probe).CombinedOutput()
	if err == nil {
		return python, nil
	}
	if _, old, ok := strings.Cut(string(out), "version "); ok {
		return "", fmt.Errorf("the model engine needs Python 3.10 or newer and %s is %s: %s; %s", python, strings.TrimSpace(old), installHint("python3-venv"), otherWays)
	}
	return "", fmt.Errorf("%s lacks the module venv or ensurepip, which the model engine needs: %s; %s", python, installHint("python3-venv"), otherWays)
}

const otherWays = "or put llama.cpp's llama-server on PATH; or set LANDFALL_LOCAL_URL to an OpenAI-compatible server you have"

// installHint names the exact command where the system is one that we know.
func installHint(debian string) string {
	release, _ := os.ReadFile("/etc/os-release")
	switch s := string(release); {
	case runtime.GOOS == "darwin":
		return "brew install python"
	case strings.Contains(s, "debian"):
		return "apt-get install " + debian
	case strings.Contains(s, "fedora"), strings.Contains(s, "rhel"):
		return "dnf install python3.11"
	case strings.Contains(s, "suse"):
		return "zypper install python311"
	}
	return "install Python 3.10 or newer with the modules venv and ensurepip"
}

// venv returns the environment's Python, and makes the environment first if need be.
func (p *pip) venv(ctx context.Context) (string, error) {
	if p.installed() {
		return p.interpreter(), nil
	}
	unlock, err := p.cache.lock(ctx, "venv", func() { newMeter(StageWait, p.pin.Package, 0, 0, p.report) })
	if err != nil {
		return "", err
	}
	defer unlock()
	return p.makeVenv(ctx)
}

func (p *pip) makeVenv(ctx context.Context) (string, error) {
	ready := filepath.Join(p.dir(), "landfall-made")
	if _, err := os.Stat(ready); err == nil {
		return p.interpreter(), nil
	}
	python, err := p.find(ctx)
	if err != nil {
		return "", err
	}
	// What an interrupted run left half made goes first.
	if err := os.RemoveAll(p.dir()); err != nil {
		return "", err
	}
	if err := p.run(ctx, nil, python, "-m", "venv", p.dir()); err != nil {
		return "", fmt.Errorf("virtual environment: %w", err)
	}
	return p.interpreter(), os.WriteFile(ready, nil, 0o644)
}

// install puts the pinned engine into the environment.
func (p *pip) install(ctx context.Context) (Step, error) {
	if p.installed() {
		return Step{}, nil
	}
	m := newMeter(StageEngine, p.pin.Package+" "+p.pin.Version, 0, p.pin.Bytes, p.report)
	unlock, err := p.cache.lock(ctx, "venv", func() { newMeter(StageWait, p.pin.Package, 0, 0, p.report) })
	if err != nil {
		return Step{}, err
	}
	defer unlock()
	if p.installed() {
		return Step{}, nil
	}
	if err := p.cache.room(p.pin.Bytes + p.pin.InstalledBytes); err != nil {
		return Step{}, err
	}
	python, err := p.makeVenv(ctx)
	if err != nil {
		return Step{}, err
	}
	requirements := filepath.Join(p.dir(), "requirements.txt")
	if err := os.WriteFile(requirements, []byte(p.requirement()), 0o644); err != nil {
		return Step{}, err
	}
	err = p.run(ctx, nil, python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
		"--require-hashes", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "-r", requirements)
	if err != nil {
		return Step{}, fmt.Errorf("engine %s %s: %w", p.pin.Package, p.pin.Version, err)
	}
	m.set(p.pin.Bytes)
	return m.step(), os.WriteFile(p.marker(), []byte(p.requirement()), 0o644)
}

// run runs a command to its end. It and what it starts end with the context and
// with this process. An error holds the last words of the command.
func (p *pip) run(ctx context.Context, env []string, name string, args ...string) error {
	runtime.LockOSThread() // see tied
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = tied()
	cmd.Cancel = func() error { return killGroup(cmd) }
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		return nil
	}
	if words := lastLines(out.String(), 3); words != "" {
		return errors.New(words)
	}
	return err
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " / ")
}
