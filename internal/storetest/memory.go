package storetest

import (
	"context"
	"slices"
	"sync"

	"landfall"
	"landfall/internal/audit"
)

// Memory is a store that forgets everything with its process: for tests. Its
// zero value is ready. Safe for concurrent use.
type Memory struct {
	mu      sync.Mutex
	bodies  [][]byte         // entry n at n-1
	records map[string]*pair // by id
	order   []string         // ids, oldest first
}

type pair struct {
	opened, closed int // numbers of entries; 0: none
	salt           []byte
}

// AppendBatch implements [audit.Store].
func (m *Memory) AppendBatch(ctx context.Context, entries []audit.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.records == nil {
		m.records = map[string]*pair{}
	}
	bodies, order := m.bodies, m.order
	undo := map[string]*pair{}
	for i := range entries {
		id := entries[i].Record
		if p := m.records[id]; p == nil {
			undo[id] = nil
		} else if _, seen := undo[id]; !seen {
			kept := *p
			undo[id] = &kept
		}
		if err := m.append(&entries[i]); err != nil {
			m.bodies, m.order = bodies, order
			m.restore(undo)
			return err
		}
	}
	return nil
}

func (m *Memory) restore(undo map[string]*pair) {
	for id, p := range undo {
		if p == nil {
			delete(m.records, id)
		} else {
			m.records[id] = p
		}
	}
}

func (m *Memory) append(e *audit.Entry) error {
	body, err := e.Canonical()
	if err != nil {
		return err
	}
	m.bodies = append(m.bodies, body)
	seq, p := len(m.bodies), m.records[e.Record]
	switch {
	case e.Kind == audit.Opened && p == nil:
		m.records[e.Record] = &pair{opened: seq, salt: slices.Clone(e.Salt)}
		m.order = append(m.order, e.Record)
	case e.Kind == audit.Closed && p == nil:
		return audit.ErrNotOpened
	case e.Kind == audit.Closed && p.closed == 0:
		p.closed = seq
	case e.Kind == audit.Opened || e.Kind == audit.Closed:
		return audit.ErrDuplicate
	default:
		return audit.ErrRefused
	}
	return nil
}

// Unclosed implements [audit.Store].
func (m *Memory) Unclosed(_ context.Context, limit int) (open []audit.Entry, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range m.order {
		if p := m.records[id]; p.closed == 0 && len(open) < limit {
			e, err := m.entry(p.opened)
			if err != nil {
				return nil, err
			}
			open = append(open, *e)
		}
	}
	return open, nil
}

// List implements [audit.Reader].
func (m *Memory) List(_ context.Context, p audit.Page) (list []audit.Record, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.Limit <= 0 {
		p.Limit = audit.DefaultLimit
	}
	for _, id := range slices.Backward(m.order) {
		before := p.Before <= 0 || int64(m.records[id].opened) < p.Before
		if !before || len(list) == p.Limit {
			continue
		}
		r, err := m.record(m.records[id])
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// Get implements [audit.Reader].
func (m *Memory) Get(_ context.Context, id string) (audit.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.find(id)
	if err != nil {
		return audit.Record{}, err
	}
	return m.record(p)
}

// Salt implements [audit.Reader].
func (m *Memory) Salt(_ context.Context, id string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.find(id)
	if err != nil {
		return nil, err
	}
	return slices.Clone(p.salt), nil
}

// EraseSalt implements [audit.Eraser].
func (m *Memory) EraseSalt(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, err := m.find(id)
	if err == nil {
		p.salt = nil
	}
	return err
}

func (m *Memory) find(id string) (*pair, error) {
	if p := m.records[id]; p != nil {
		return p, nil
	}
	return nil, landfall.Errorf(landfall.CodeNotFound, "the audit log has no such record")
}

func (m *Memory) record(p *pair) (r audit.Record, err error) {
	r.Seq = int64(p.opened)
	if r.Opened, err = m.entry(p.opened); err == nil && p.closed > 0 {
		r.Closed, err = m.entry(p.closed)
	}
	return r, err
}

func (m *Memory) entry(seq int) (*audit.Entry, error) {
	e, err := audit.ParseEntry(m.bodies[seq-1])
	return &e, err
}
