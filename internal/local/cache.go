package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Cache is the folder that holds weights and engines for all checkouts:
//
//	models/<sha256>/<file>   whole, verified files
//	parts/<sha256>/          what a fetch has so far
//	venv-<version>/          the engine's private virtual environment
//
// Files reach models/ by a rename after their hash was right. Processes that
// share the folder take turns by file locks, which the system frees with the
// process that held them.
type Cache struct{ Dir string }

// OpenCache returns the cache at dir, made if need be. An empty dir means
// landfall/ in the user's cache folder.
func OpenCache(dir string) (Cache, error) {
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return Cache{}, fmt.Errorf("no folder for the model cache (set LANDFALL_CACHE): %w", err)
		}
		dir = filepath.Join(user, "landfall")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Cache{}, err
	}
	return Cache{dir}, os.MkdirAll(dir, 0o755)
}

// Path is where the weights are, or have to be put.
func (c Cache) Path(w Weights) string {
	return filepath.Join(c.Dir, "models", w.SHA256, w.File)
}

func (c Cache) parts(w Weights) string { return filepath.Join(c.Dir, "parts", w.SHA256) }

// FileError says that a model's file is missing or is another one.
type FileError struct {
	Path    string
	Weights Weights
	// Have is what the file has instead, a size or a hash; "" when it is missing.
	Have string
}

func (e *FileError) Error() string {
	if e.Have == "" {
		return fmt.Sprintf("%s is missing: put %s (%d bytes, SHA-256 %s) there, or run landfall model pull with a network",
			e.Path, e.Weights.File, e.Weights.Bytes, e.Weights.SHA256)
	}
	return fmt.Sprintf("%s is not the file of the catalogue: it has %s, want %d bytes and SHA-256 %s; remove it and run landfall model pull",
		e.Path, e.Have, e.Weights.Bytes, e.Weights.SHA256)
}

// present reports whether a file is there, whatever it holds.
func (c Cache) present(w Weights) bool {
	_, err := os.Lstat(c.Path(w))
	return err == nil
}

// Verify reads the whole file and returns a [FileError] unless its hash is the
// catalogue's, and an error when the catalogue's chat template is not the file's.
func (c Cache) Verify(ctx context.Context, w Weights, report func(done int64)) error {
	if err := checkFile(ctx, c.Path(w), w, report); err != nil {
		return err
	}
	f, err := os.Open(c.Path(w))
	if err != nil {
		return err
	}
	defer f.Close()
	h, err := ReadHeader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Path(w), err)
	}
	if h.TemplateDigest() != w.ChatTemplate {
		return fmt.Errorf("%s: chat template is %s, the catalogue says %s", c.Path(w), h.TemplateDigest(), w.ChatTemplate)
	}
	return nil
}

// checkFile compares size, then hash.
func checkFile(ctx context.Context, path string, w Weights, report func(done int64)) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &FileError{Path: path, Weights: w}
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() != w.Bytes {
		return &FileError{path, w, fmt.Sprintf("%d bytes", info.Size())}
	}
	sum := sha256.New()
	if _, err := io.CopyBuffer(sum, &meteredReader{ctx: ctx, r: f, report: report}, make([]byte, 1<<20)); err != nil {
		return err
	}
	if have := hex.EncodeToString(sum.Sum(nil)); have != w.SHA256 {
		return &FileError{path, w, "SHA-256 " + have}
	}
	return nil
}

// keep moves a file whose hash is right to its place, durably.
func (c Cache) keep(from string, w Weights) error {
	to := c.Path(w)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if err := syncPath(from); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncPath(filepath.Dir(to))
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// lock takes turns with other processes; waiting is called once if it has to wait.
func (c Cache) lock(ctx context.Context, name string, waiting func()) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(c.Dir, name+".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for first := true; ; first = false {
		if err = tryLock(f); err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, errLocked) {
			f.Close()
			return nil, err
		}
		if first && waiting != nil {
			waiting()
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// room returns an error unless the cache's disk has the bytes free, and some to spare.
func (c Cache) room(need int64) error {
	const spare = 64 << 20
	free, err := freeDisk(c.Dir)
	if err != nil || free >= need+spare {
		return err
	}
	return fmt.Errorf("%s has %s free and %s are needed; make room or set LANDFALL_CACHE to another folder",
		c.Dir, size(free), size(need+spare))
}

// used returns the bytes of all files under a folder.
func used(dir string) int64 {
	var n int64
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				n += info.Size()
			}
		}
		return nil
	})
	return n
}
