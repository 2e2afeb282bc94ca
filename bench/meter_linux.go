package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime returns the processor time a process has used, user and system, all its
// threads and those that ended. The kernel keeps it in nanoseconds as a clock of
// the process (clock_getcpuclockid(3)).
func cpuTime(pid int) (time.Duration, error) {
	const scheduled = 2 // the clock's kind: CPUCLOCK_SCHED, of a process
	var t unix.Timespec
	if err := unix.ClockGettime(^int32(pid)<<3|scheduled, &t); err != nil {
		return 0, fmt.Errorf("processor time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// memory returns what a process holds in memory now and at most so far, in bytes
// (proc_pid_status(5): VmRSS, VmHWM).
func memory(pid int) (now, peak int64, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	if now, err = kilobytes(string(b), "VmRSS"); err != nil {
		return 0, 0, err
	}
	peak, err = kilobytes(string(b), "VmHWM")
	return now, peak, err
}

// kilobytes reads a line like "VmRSS:     1234 kB", in bytes.
func kilobytes(status, name string) (int64, error) {
	_, rest, ok := strings.Cut(status, "\n"+name+":")
	number, _, unit := strings.Cut(strings.TrimSpace(rest), " kB")
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || !unit || err != nil {
		return 0, fmt.Errorf("the process status has no %s in kB", name)
	}
	return n << 10, nil
}

// childAttr ends a child when this process is killed before it can, which otherwise
// would leave a server behind (prctl(2), PR_SET_PDEATHSIG).
func childAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }

// processor names the machine's processor, or "" when the system does not say.
func processor() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	_, rest, _ := strings.Cut(string(b), "model name\t: ")
	name, _, _ := strings.Cut(rest, "\n")
	return name
}
