package local_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// engineProcess returns the process id that the fake engine noted.
func engineProcess(t *testing.T, w *world) (pid int) {
	t.Helper()
	said := w.said("engine")
	if len(said) != 1 {
		t.Fatalf("engine said %q", said)
	}
	if _, err := fmt.Sscanf(said[0], "engine %d", &pid); err != nil || !alive(pid) {
		t.Fatalf("no engine runs: %q", said)
	}
	return pid
}

// alive reports whether a process runs; one that ended and that nobody has
// collected yet does not.
func alive(pid int) bool {
	if stat, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(pid), "stat")); err == nil {
		_, after, _ := strings.Cut(string(stat), ") ")
		return !strings.HasPrefix(after, "Z")
	}
	return syscall.Kill(pid, 0) == nil
}
