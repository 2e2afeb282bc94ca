//go:build unix && !linux

package local

import "syscall"

// tied starts a command in a process group of its own. The engine's script ends
// with its standard input; other commands outlive a killed parent for as long as
// their own work takes.
func tied() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func freeMemory() int64 { return 0 }

func physicalCores() int { return 0 }
