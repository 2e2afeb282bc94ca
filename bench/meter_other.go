//go:build !linux

package main

import (
	"errors"
	"syscall"
	"time"
)

var errMeter = errors.New("other processes' time and memory are measured on Linux only")

func cpuTime(int) (time.Duration, error) { return 0, errMeter }

func memory(int) (now, peak int64, err error) { return 0, 0, errMeter }

func childAttr() *syscall.SysProcAttr { return nil }

func processor() string { return "" }
