package local

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// Stages of getting a model ready.
const (
	StageWait     = "wait" // for another process that fetches the same
	StageEngine   = "engine"
	StageDownload = "download"
	StageVerify   = "verify"
	StageLoad     = "load"
)

// Progress is how far a stage is. Done and Total count bytes; Total 0 means
// unknown. Rate is bytes a second since the stage began, Left what remains at
// that rate; both are 0 while nothing can be said.
type Progress struct {
	Stage       string
	Detail      string
	Done, Total int64
	Rate        int64
	Left        time.Duration
}

// Percent is 0 to 100.
func (p Progress) Percent() int {
	if p.Total <= 0 {
		return 0
	}
	return int(min(100, max(0, p.Done*100/p.Total)))
}

// Step is where the time went: one finished stage. Bytes are those that had to
// be fetched or read.
type Step struct {
	Stage  string
	Detail string
	Took   time.Duration
	Bytes  int64
}

// Rate is bytes a second, 0 for a step without bytes.
func (s Step) Rate() int64 { return rate(s.Bytes, s.Took) }

func rate(n int64, took time.Duration) int64 {
	if took <= 0 {
		return 0
	}
	return int64(float64(n) / took.Seconds())
}

// meter turns byte counts of one stage into Progress, a few times a second.
type meter struct {
	report func(Progress)
	began  time.Time

	mu   sync.Mutex
	p    Progress
	base int64 // bytes that were there before
	last time.Time
}

const reportEvery = 200 * time.Millisecond

func newMeter(stage, detail string, have, total int64, report func(Progress)) *meter {
	m := &meter{report: report, began: time.Now(), base: have}
	m.p = Progress{Stage: stage, Detail: detail, Total: total}
	m.set(have)
	return m
}

// set says how many bytes are there now.
func (m *meter) set(done int64) {
	m.mu.Lock()
	m.p.Done = done
	if m.p.Total > 0 {
		m.p.Done = min(done, m.p.Total)
	}
	now := time.Now()
	if now.Sub(m.last) < reportEvery && m.p.Done != m.p.Total || m.report == nil {
		m.mu.Unlock()
		return
	}
	m.last = now
	m.p.Rate = rate(m.p.Done-m.base, now.Sub(m.began))
	m.p.Left = 0
	if m.p.Rate > 0 {
		m.p.Left = time.Duration(float64(m.p.Total-m.p.Done) / float64(m.p.Rate) * float64(time.Second)).Round(time.Second)
	}
	p := m.p
	m.mu.Unlock()
	m.report(p)
}

// step closes the stage.
func (m *meter) step() Step {
	m.mu.Lock()
	defer m.mu.Unlock()
	return Step{m.p.Stage, m.p.Detail, time.Since(m.began), m.p.Done - m.base}
}

// meteredReader reports the bytes read so far and ends with its context.
type meteredReader struct {
	ctx    context.Context
	r      io.Reader
	n      int64
	report func(done int64)
}

func (m *meteredReader) Read(b []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(b)
	m.n += int64(n)
	if m.report != nil {
		m.report(m.n)
	}
	return n, err
}

// size writes bytes for a person, in powers of ten.
func size(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.2f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.0f KB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d bytes", n)
}
