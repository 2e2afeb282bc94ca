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
	appeals        []appeal
}

type appeal struct {
	entry         int
	rule, message string
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
	case e.Kind == audit.Appealed:
		return p.appeal(seq, e)
	default:
		return audit.ErrRefused
	}
	return nil
}

func (p *pair) appeal(seq int, e *audit.Entry) error {
	switch {
	case p == nil:
		return audit.ErrNotOpened
	case p.closed == 0:
		return audit.ErrNotClosed
	case len(e.Rules) != 1 || e.Case == "":
		return audit.ErrRefused
	}
	for _, a := range p.appeals {
		if a.rule == e.Rules[0] {
			return audit.ErrDuplicate
		}
	}
	p.appeals = append(p.appeals, appeal{seq, e.Rules[0], e.Message})
	return nil
}

// Appeals implements [audit.Reader].
func (m *Memory) Appeals(_ context.Context, id string) (all []audit.Appeal, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.records[id]
	if p == nil {
		return nil, nil
	}
	for _, a := range p.appeals {
		e, err := m.entry(a.entry)
		if err != nil {
			return nil, err
		}
		all = append(all, audit.Appeal{Entry: *e, Message: a.message})
	}
	return all, nil
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
		for i := range p.appeals {
			p.appeals[i].message = ""
		}
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
