package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"time"

	"landfall"
	"landfall/internal/control"
	"landfall/internal/gateway"
	"landfall/internal/local"
	"landfall/internal/pack"
	"landfall/packs"
)

// Config is landfall.yaml: where things are on this host, never what may be
// served. A flag wins over the file. An unknown key is an error that names its line.
type Config struct {
	// Listen is the gateway's address. Defaults to 127.0.0.1:8460.
	Listen string `json:"listen"`
	// Data is the directory that holds all state. Defaults to data.
	Data string `json:"data"`
	// Packs is a folder laid over the embedded packs.
	Packs string `json:"packs"`
	// Log is the least level logged: debug, info, warn or error. Defaults to info.
	Log string `json:"log"`
	// Grace is how long streams under way may go on after SIGTERM, in seconds.
	// Defaults to 20.
	Grace int `json:"grace_seconds"`
	// Quotas are how many requests are admitted: lists such as [20/second, 1000/day].
	// Default to none.
	Quotas QuotaConfig `json:"quotas"`
	// Replay bounds the answers kept for idempotency keys. They are in memory: a
	// restart forgets them.
	Replay ReplayConfig `json:"replay"`
	// BodiesMiB bounds the request bodies held at once, in MiB; what does not fit is
	// told to come back. One app may hold a quarter of it, one body at least. Defaults to
	// 32; one body has at most 4, and takes about ten times its length while it is read.
	BodiesMiB int `json:"bodies_mib"`
	// Origins are the web pages whose scripts may call, https://app.example. Defaults
	// to none.
	Origins []string `json:"origins"`
	// TLS is the server's certificate and key, PEM files. Defaults to none: then a
	// proxy in front speaks TLS.
	TLS TLSConfig `json:"tls"`
	// Local says where the self-hosted model is.
	Local LocalConfig `json:"local"`
}

// LocalConfig is the host's part of partner selfhosted; the environment wins.
type LocalConfig struct {
	// Model is an id of the catalogue, small or default. LANDFALL_MODEL.
	Model string `json:"model"`
	// URL is an OpenAI-compatible server to use instead of the embedded engine.
	// LANDFALL_LOCAL_URL.
	URL string `json:"url"`
	// Cache is the folder of weights and engines. LANDFALL_CACHE.
	Cache string `json:"cache"`
	// Threads decode. LANDFALL_THREADS. Defaults to the physical cores less one.
	Threads int `json:"threads"`
}

// QuotaConfig counts by app (an app's own allowances stand above it), by device of an
// app (the header Landfall-Device), and by market.
type QuotaConfig struct {
	App    []string `json:"app"`
	Device []string `json:"device"`
	Market []string `json:"market"`
}

// ReplayConfig bounds kept answers. Minutes defaults to 10, MiB to 32.
type ReplayConfig struct {
	Minutes int `json:"minutes"`
	MiB     int `json:"mib"`
}

// TLSConfig names PEM files; both are needed. --tls-cert, --tls-key.
type TLSConfig struct {
	Cert string `json:"cert"`
	Key  string `json:"key"`
}

const defaultConfig = "landfall.yaml"

func readConfig(c *cli) (*Config, error) {
	cfg := &Config{}
	file := c.Config
	if file == "" {
		file = defaultConfig
	}
	src, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && c.Config == "":
	case err != nil:
		return nil, err
	default:
		if err := pack.Decode(file, src, cfg); err != nil {
			return nil, err
		}
	}
	for _, f := range []struct {
		flag     string
		value    *string
		fallback string
	}{{c.Data, &cfg.Data, "data"}, {c.Packs, &cfg.Packs, ""}, {"", &cfg.Listen, "127.0.0.1:8460"}, {"", &cfg.Log, "info"}} {
		if f.flag != "" {
			*f.value = f.flag
		} else if *f.value == "" {
			*f.value = f.fallback
		}
	}
	if cfg.Grace == 0 {
		cfg.Grace = 20
	}
	return cfg, cfg.check(file)
}

// check refuses what no decoder knows to be wrong.
func (c *Config) check(file string) error {
	if _, err := c.allowances(); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, n := range []struct {
		key   string
		value int
	}{{"replay.minutes", c.Replay.Minutes}, {"replay.mib", c.Replay.MiB}, {"bodies_mib", c.BodiesMiB}} {
		if n.value < 0 {
			return fmt.Errorf("%s: %s: want a number above 0, have %d", file, n.key, n.value)
		}
	}
	for _, o := range c.Origins {
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != o {
			return fmt.Errorf("%s: origins: %q: want scheme and host alone, https://app.example", file, o)
		}
	}
	return nil
}

func (c *Config) allowances() (a gateway.Allowances, err error) {
	for _, q := range []struct {
		key  string
		from []string
		into *[]landfall.Allowance
	}{{"quotas.app", c.Quotas.App, &a.App}, {"quotas.device", c.Quotas.Device, &a.Device}, {"quotas.market", c.Quotas.Market, &a.Market}} {
		if *q.into, err = readAllowances(q.key, q.from); err != nil {
			return a, err
		}
	}
	return a, nil
}

func readAllowances(key string, from []string) (all []landfall.Allowance, err error) {
	for _, s := range from {
		a, err := landfall.ParseAllowance(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		all = append(all, a)
	}
	return all, nil
}

func (c *Config) grace() time.Duration { return time.Duration(c.Grace) * time.Second }

func (c *Config) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log)); err != nil {
		return nil, fmt.Errorf("log: %q: want debug, info, warn or error", c.Log)
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: level})), nil
}

func (c *Config) dir() control.Dir { return control.Dir(c.Data) }

func (c *Config) packs() (*pack.Packs, error) { return pack.Open(packs.Files, c.Packs) }

// engine opens the local model's endpoint; nothing is started.
func (c *Config) engine(p *pack.Packs, log *slog.Logger, progress func(local.Progress)) (*local.Engine, error) {
	lc, err := c.localConfig(p)
	if err != nil {
		return nil, err
	}
	lc.Log, lc.Progress = log, progress
	return local.Open(lc)
}

func (c *Config) localConfig(p *pack.Packs) (local.Config, error) {
	src, file, err := p.Read("models.yaml")
	if err != nil {
		return local.Config{}, err
	}
	cat, err := local.ParseCatalogue(file, src)
	if err != nil {
		return local.Config{}, err
	}
	added, err := local.ReadAdded(c.addedModels())
	if err != nil {
		return local.Config{}, err
	}
	lc := local.Config{Threads: c.Local.Threads}
	if lc.Catalogue, err = cat.With(added); err != nil {
		return local.Config{}, fmt.Errorf("%s: %w", c.addedModels(), err)
	}
	// The environment wins over the file, as everywhere, and both over a choice.
	lc.Model = firstOf(c.modelSet(), added.Use)
	lc.URL = firstOf(os.Getenv("LANDFALL_LOCAL_URL"), c.Local.URL)
	lc.CacheDir = firstOf(os.Getenv("LANDFALL_CACHE"), c.Local.Cache)
	return lc, nil
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
