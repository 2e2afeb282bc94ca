package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"landfall/internal/control"
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
	return cfg, nil
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
	lc := local.Config{Catalogue: cat, Threads: c.Local.Threads}
	// The environment wins over the file, as everywhere.
	lc.Model = firstOf(os.Getenv("LANDFALL_MODEL"), os.Getenv("MODEL"), c.Local.Model)
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
