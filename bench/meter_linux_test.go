package main

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The clock of a process agrees with the kernel's own account of this process
// (getrusage(2)), which knows only oneself.
func TestCPUTime(t *testing.T) {
	used := func() time.Duration {
		var u unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	for n := 0; used() < before+20*time.Millisecond; n++ {
		_ = words(10)
	}
	low := used()
	got, err := cpuTime(os.Getpid())
	high := used()
	const slack = 5 * time.Millisecond // getrusage splits and rounds
	if err != nil || got < low-slack || got > high+slack {
		t.Errorf("%s, %v; want between %s and %s", got, err, low, high)
	}
}

func TestMemory(t *testing.T) {
	now, peak, err := memory(os.Getpid())
	if err != nil || now < 1<<20 || peak < now {
		t.Errorf("%d now, %d at most, %v", now, peak, err)
	}
	for _, bad := range []string{"", "\nVmRSS:\t 12 MB\n", "\nVmRSS:\t many kB\n"} {
		if _, err := kilobytes(bad, "VmRSS"); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if n, err := kilobytes("Name:\tx\nVmHWM:\t  20 kB\nVmRSS:\t  12 kB\n", "VmRSS"); n != 12<<10 || err != nil {
		t.Errorf("%d, %v; want 12 KiB", n, err)
	}
}

func TestProcessThatIsGone(t *testing.T) {
	const none = 1<<22 + 1 // above the kernel's greatest id
	if _, err := cpuTime(none); err == nil {
		t.Error("time of no process")
	}
	if _, _, err := memory(none); err == nil {
		t.Error("memory of no process")
	}
}
