package quality

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"landfall"
)

// Result is one kept answer.
type Result struct {
	// Key is the digest of all that shapes the answer: what is measured, the part and
	// the input as it was asked.
	Key      landfall.Digest `json:"key"`
	At       int64           `json:"at"` // Unix seconds
	Feature  string          `json:"feature"`
	Language string          `json:"language"`
	Sample   string          `json:"sample"`
	Part     Part            `json:"part"`
	Canary   string          `json:"canary,omitempty"`
	Answer   Answer          `json:"answer"`
}

// Store keeps results in a file, one JSON object a line, the later winning over
// the earlier. A line that a crash cut short is dropped.
type Store struct {
	file  *os.File
	known map[landfall.Digest]Answer
}

// OpenStore opens a file of results, or makes it.
func OpenStore(name string) (*Store, error) {
	s := &Store{known: map[landfall.Digest]Answer{}}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	whole, err := s.load(name)
	if err != nil {
		return nil, err
	}
	if s.file, err = os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
		return nil, err
	}
	if err := s.file.Truncate(whole); err != nil {
		return nil, errors.Join(err, s.file.Close())
	}
	if _, err := s.file.Seek(whole, 0); err != nil {
		return nil, errors.Join(err, s.file.Close())
	}
	return s, nil
}

// load reads the results and returns how many bytes of the file are whole lines.
func (s *Store) load(name string) (int64, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	r, whole := bufio.NewReader(f), int64(0)
	for line := 1; ; line++ {
		b, err := r.ReadBytes('\n')
		if err != nil {
			return whole, nil // the end, or a line without one
		}
		var one Result
		if err := json.Unmarshal(b, &one); err != nil {
			return 0, fmt.Errorf("%s:%d: %w: remove the line, or the file to ask everything again", name, line, err)
		}
		s.known[one.Key] = one.Answer
		whole += int64(len(b))
	}
}

func (s *Store) answer(key landfall.Digest) (Answer, bool) {
	a, ok := s.known[key]
	return a, ok
}

func (s *Store) keep(r Result) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	s.known[r.Key] = r.Answer
	_, err = s.file.Write(append(b, '\n'))
	return err
}

// Close closes the file.
func (s *Store) Close() error { return s.file.Close() }
