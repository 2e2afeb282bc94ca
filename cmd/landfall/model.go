package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"landfall/internal/local"
)

type modelCmd struct {
	List    modelListCmd    `cmd:"" help:"List the models of the catalogue and those added here."`
	Add     modelAddCmd     `cmd:"" help:"Add a GGUF file, by path or address."`
	Rm      modelRmCmd      `cmd:"" help:"Take a model's file out of the cache, and one added here out of the list."`
	Use     modelUseCmd     `cmd:"" help:"Choose the model; that makes new releases, which landfall rehearse shows and approves."`
	Pull    modelPullCmd    `cmd:"" help:"Fetch and verify weights, install the engine."`
	Measure modelMeasureCmd `cmd:"" help:"Measure how fast the model is on this machine; the limits of inputs come from it."`
	Verify  modelVerifyCmd  `cmd:"" help:"Compare files in the cache with their hashes."`
}

type modelListCmd struct{}

func (modelListCmd) Run(cfg *Config) error {
	return withModels(cfg, func(lc local.Config, cache local.Cache) error {
		return local.List(os.Stdout, lc.Catalogue, cache, lc.Model)
	})
}

type modelPullCmd struct {
	Model string `arg:"" optional:"" help:"Id of the catalogue, or small."`
}

func (m *modelPullCmd) Run(ctx context.Context, cfg *Config) error {
	return withModels(cfg, func(lc local.Config, _ local.Cache) error {
		lc.Model = firstOf(m.Model, lc.Model)
		return local.Pull(ctx, os.Stderr, isTerminal(os.Stderr), lc)
	})
}

type modelVerifyCmd struct {
	Models []string `arg:"" optional:"" help:"Ids of the catalogue. Defaults to those in the cache."`
}

func (m *modelVerifyCmd) Run(ctx context.Context, cfg *Config) error {
	return withModels(cfg, func(lc local.Config, cache local.Cache) error {
		return local.Verify(ctx, os.Stdout, lc.Catalogue, cache, m.Models...)
	})
}

type modelAddCmd struct {
	From      string   `arg:"" help:"A GGUF file, or its address." placeholder:"FILE|URL"`
	SHA256    string   `name:"sha256" help:"SHA-256 of the file; an address needs it." placeholder:"HEX"`
	ID        string   `name:"id" help:"Defaults to the file's name."`
	Licence   string   `help:"Defaults to what the file says."`
	Origin    string   `help:"Who made it and where it is from: releases and dossiers name it." required:""`
	Languages []string `help:"Languages that it can do, zh,en." required:""`
}

func (m *modelAddCmd) Run(ctx context.Context, cfg *Config) error {
	return withModels(cfg, func(lc local.Config, cache local.Cache) error {
		added, err := local.ReadAdded(cfg.addedModels())
		if err != nil {
			return err
		}
		w, err := local.Add(ctx, cache, local.Addition{From: m.From, SHA256: m.SHA256, ID: m.ID, Licence: m.Licence, Origin: m.Origin, Languages: m.Languages})
		if err != nil {
			return err
		}
		if _, err := lc.Catalogue.With(local.Added{Models: []local.Weights{w}}); err != nil {
			return err
		}
		added.Models = append(added.Models, w)
		if err := added.Write(cfg.addedModels()); err != nil {
			return err
		}
		fmt.Printf("%s: %s, %s, sha256 %s\nadded; `landfall model use %s` chooses it\n", w.ID, w.DisplayName, w.Licence, w.SHA256, w.ID)
		return nil
	})
}

type modelRmCmd struct {
	Model string `arg:"" help:"Id of the model."`
}

func (m *modelRmCmd) Run(cfg *Config) error {
	return withModels(cfg, func(lc local.Config, cache local.Cache) error {
		w, err := lc.Catalogue.Find(m.Model)
		if err != nil {
			return err
		}
		added, err := local.ReadAdded(cfg.addedModels())
		if err != nil {
			return err
		}
		if lc.Model == w.ID || added.Use == w.ID {
			return fmt.Errorf("%s is in use: choose another first, `landfall model use ID`", w.ID)
		}
		n := len(added.Models)
		added.Models = slices.DeleteFunc(added.Models, func(a local.Weights) bool { return a.ID == w.ID })
		if len(added.Models) < n {
			if err := added.Write(cfg.addedModels()); err != nil {
				return err
			}
		}
		fmt.Printf("%s: removed from %s\n", w.ID, cache.Dir)
		return cache.Remove(w)
	})
}

type modelUseCmd struct {
	Model string `arg:"" help:"Id of the model; default for what memory allows."`
}

func (m *modelUseCmd) Run(cfg *Config) error {
	return withModels(cfg, func(lc local.Config, _ local.Cache) error {
		added, err := local.ReadAdded(cfg.addedModels())
		if err != nil {
			return err
		}
		if added.Use = ""; m.Model != "default" {
			w, err := lc.Catalogue.Find(m.Model)
			if err != nil {
				return err
			}
			added.Use = w.ID
		}
		if err := added.Write(cfg.addedModels()); err != nil {
			return err
		}
		fmt.Printf("chosen: %s\nA model is part of a release: nothing is served with another one before it was approved.\n`landfall rehearse` shows the new releases and approves them with the local keys; a running gateway takes a model up at its next start.\n", m.Model)
		if set := cfg.modelSet(); set != "" {
			fmt.Printf("But LANDFALL_MODEL, MODEL or %s says %s, which stands before this choice.\n", defaultConfig, set)
		}
		return nil
	})
}

// addedModels is the file of the models added and chosen here.
func (c *Config) addedModels() string { return filepath.Join(c.Data, "models.yaml") }

// modelSet is the model that the host's settings name, which stand before a choice.
func (c *Config) modelSet() string {
	return firstOf(os.Getenv("LANDFALL_MODEL"), os.Getenv("MODEL"), c.Local.Model)
}

func withModels(cfg *Config, do func(local.Config, local.Cache) error) error {
	packs, err := cfg.packs()
	if err != nil {
		return err
	}
	lc, err := cfg.localConfig(packs)
	if err != nil {
		return err
	}
	cache, err := local.OpenCache(lc.CacheDir)
	if err != nil {
		return err
	}
	return do(lc, cache)
}
