package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"landfall/internal/audit"
	"landfall/internal/sqlite"
)

// The test binary is its own helper process.
const (
	appendTo = "LANDFALL_TEST_APPEND_TO"
	lockDir  = "LANDFALL_TEST_LOCK"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(appendTo) != "":
		appendForEver(os.Getenv(appendTo))
	case os.Getenv(lockDir) != "":
		lockForEver(os.Getenv(lockDir))
	default:
		goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("os/exec.(*Cmd).watchCtx"))
	}
}

// appendForEver prints an id once its entry is acknowledged.
func appendForEver(dir string) {
	db, err := sqlite.Open(dir)
	if err != nil {
		fmt.Println("FAIL", err)
		return
	}
	w := audit.NewWriter(db, audit.WriterConfig{})
	for g := range 8 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d/%d", g, i)
				if err := w.Append(context.Background(), opened(id)); err != nil {
					fmt.Println("FAIL", err)
				}
				fmt.Println("opened", id)
				if i%2 == 0 {
					if err := w.Append(context.Background(), closed(id)); err != nil {
						fmt.Println("FAIL", err)
					}
					fmt.Println("closed", id)
				}
			}
		}()
	}
	select {}
}

func lockForEver(dir string) {
	if _, err := sqlite.Lock(dir); err != nil {
		fmt.Println("FAIL", err)
		return
	}
	fmt.Println("locked")
	select {}
}

// helper starts the test binary anew and kills it after so many lines; it
// returns all that it printed. A line is one short write to a pipe: whole or not there.
func helper(t *testing.T, env string, lines int, then func(pid int)) (printed []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), env)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	in := bufio.NewScanner(out)
	for in.Scan() {
		printed = append(printed, in.Text())
		if strings.HasPrefix(in.Text(), "FAIL") {
			t.Error(in.Text())
		}
		if len(printed) == lines {
			then(cmd.Process.Pid)
			must(t, cmd.Process.Kill())
		}
	}
	cmd.Wait()
	return printed
}

// What was acknowledged is there after kill -9.
func TestAcknowledgedSurvivesKill(t *testing.T) {
	for round, lines := range []int{1, 50, 2000} {
		dir := t.TempDir()
		printed := helper(t, appendTo+"="+dir, lines, func(int) {})
		db := open(t, dir)
		if check, _ := sqlite.Setting(t, db, "integrity_check"); check != "ok" {
			t.Errorf("round %d: %s", round, check)
		}
		for _, line := range printed {
			kind, id, _ := strings.Cut(line, " ")
			r, err := db.Get(t.Context(), id)
			if err != nil || kind == "closed" && r.Closed == nil {
				t.Errorf("round %d: %s was acknowledged and is lost: %+v, %v", round, line, r, err)
			}
		}
		if len(printed) < lines {
			t.Errorf("round %d: %d lines", round, len(printed))
		}
		open, err := db.Unclosed(t.Context(), 1<<20)
		must(t, err)
		if n, err := audit.Recover(t.Context(), db, time.UnixMilli(5)); n != len(open) || err != nil {
			t.Errorf("round %d: recovered %d of %d, %v", round, n, len(open), err)
		}
		if left, err := db.Unclosed(t.Context(), 1); len(left) > 0 || err != nil {
			t.Errorf("round %d: %d left open, %v", round, len(left), err)
		}
	}
}

func TestLock(t *testing.T) {
	dir := t.TempDir() + "/new"
	helper(t, lockDir+"="+dir, 1, func(pid int) {
		_, err := sqlite.Lock(dir)
		if want := fmt.Sprintf("another server (pid %d) uses %s", pid, dir); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	})
	unlock, err := sqlite.Lock(dir) // the killed server's lock is gone
	must(t, err)
	if _, err := sqlite.Lock(dir); err == nil || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("locked twice: %v", err)
	}
	db := open(t, dir) // others may still use the directory
	must(t, db.Close())
	unlock()
	unlock, err = sqlite.Lock(dir)
	must(t, err)
	unlock()
}
