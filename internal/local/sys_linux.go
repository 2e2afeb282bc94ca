package local

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// tied starts a command in a process group of its own, out of reach of the
// terminal's ^C, and has the kernel end it when the thread that started it ends:
// callers stay locked to their thread while it runs.
func tied() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// freeMemory returns the bytes that can be had without swapping, within the
// control group's bound; 0 means unknown.
func freeMemory() int64 {
	b, _ := os.ReadFile("/proc/meminfo")
	free := memAvailable(b)
	limit, err1 := readInt("/sys/fs/cgroup/memory.max")
	usage, err2 := readInt("/sys/fs/cgroup/memory.current")
	if err1 == nil && err2 == nil {
		stat, _ := os.ReadFile("/sys/fs/cgroup/memory.stat")
		free = min(free, max(1, limit-usage+inactiveFile(stat)))
	}
	return free
}

// inactiveFile is the part of a control group's usage that the kernel gives back
// when asked: cached files.
func inactiveFile(stat []byte) int64 {
	for line := range strings.Lines(string(stat)) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == "inactive_file" {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n
		}
	}
	return 0
}

func memAvailable(meminfo []byte) int64 {
	for line := range strings.Lines(string(meminfo)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "MemAvailable:" {
			kib, _ := strconv.ParseInt(f[1], 10, 64)
			return kib << 10
		}
	}
	return 0
}

func readInt(file string) (int64, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
}

// physicalCores returns 0 where the system does not say.
func physicalCores() int {
	b, _ := os.ReadFile("/proc/cpuinfo")
	return countCores(b)
}

// countCores counts the pairs of physical id and core id.
func countCores(cpuinfo []byte) int {
	cores := map[string]bool{}
	var socket string
	lines := bufio.NewScanner(bytes.NewReader(cpuinfo))
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ":")
		switch strings.TrimSpace(key) {
		case "physical id":
			socket = value
		case "core id":
			cores[socket+"/"+value] = true
		}
	}
	return len(cores)
}
