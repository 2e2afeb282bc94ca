package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"landfall"
	"landfall/internal/audit"
	"landfall/internal/control"
	"landfall/internal/front"
	"landfall/internal/gateway"
	"landfall/internal/local"
	"landfall/internal/pack"
	"landfall/internal/partner"
	"landfall/internal/snapshot"
	"landfall/internal/sqlite"
)

type serveCmd struct {
	Listen  string `help:"Address of the gateway. Defaults to 127.0.0.1:8460." placeholder:"HOST:PORT"`
	TLSCert string `name:"tls-cert" help:"Certificate chain; with --tls-key the gateway speaks TLS." placeholder:"FILE"`
	TLSKey  string `name:"tls-key" help:"The certificate's private key." placeholder:"FILE"`
}

func (s *serveCmd) Run(ctx context.Context, cfg *Config) error {
	if s.Listen != "" {
		cfg.Listen = s.Listen
	}
	cfg.TLS = TLSConfig{firstOf(s.TLSCert, cfg.TLS.Cert), firstOf(s.TLSKey, cfg.TLS.Key)}
	log, err := cfg.logger()
	if err != nil {
		return err
	}
	tlsConfig, err := cfg.TLS.load()
	if err != nil {
		return err
	}
	// Most of the heap stays, compiled packs and pages, and a request's garbage is
	// small: collecting somewhat sooner than usual keeps 256 callers under 100 MiB.
	// GOGC says otherwise.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(75)
	}
	// Where much is held it is collected sooner. GOMEMLIMIT says otherwise.
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(384 << 20)
	}
	unlock, err := sqlite.Lock(cfg.Data)
	if err != nil {
		return err
	}
	defer unlock()
	listener, err := listen(cfg.Listen)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	if tlsConfig != nil {
		listener = tls.NewListener(listener, tlsConfig)
	}
	srv, err := newServer(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer srv.close()
	return srv.serve(ctx, listener, os.Stdout)
}

// load reads the certificate, or returns nil where none is named. A new one is taken
// up by a restart.
func (c TLSConfig) load() (*tls.Config, error) {
	switch {
	case c.Cert == "" && c.Key == "":
		return nil, nil
	case c.Cert == "" || c.Key == "":
		return nil, errors.New("tls: a certificate and its key are both needed: --tls-cert FILE --tls-key FILE")
	}
	pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, fmt.Errorf("tls: %s and %s: %w", c.Cert, c.Key, err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2", "http/1.1"}}, nil
}

func (c *Config) url(addr string) string {
	if c.TLS.Cert != "" {
		return "https://" + addr
	}
	return "http://" + addr
}

func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use: another server listens there; stop it, or choose a port with --listen HOST:PORT", addr)
	}
	return l, err
}

// server is the whole product, wired: control plane, data plane and the local
// model in one process.
type server struct {
	cfg     *Config
	log     *slog.Logger
	db      *sqlite.DB
	writer  *audit.Writer
	engine  *local.Engine
	control *control.Control
	gate    *landfall.Gate
	holder  *snapshot.Holder
	line    *gateway.Line
	keys    *keys
	apps    map[string]string
	made    []control.Made // releases approved at this start: a first one
	metrics *metrics
	parts   *partner.Partners
	docs    http.Handler
}

// recordLinger is how long an entry may wait for the other of its record while nobody
// waits for it: an answer in one piece is written with one commit.
const recordLinger = 20 * time.Millisecond

func newServer(ctx context.Context, cfg *Config, log *slog.Logger) (s *server, err error) {
	s = &server{cfg: cfg, log: log, metrics: newMetrics()}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.db, err = sqlite.Open(cfg.Data); err != nil {
		return s, err
	}
	if err := checkClock(ctx, s.db, time.Now()); err != nil {
		return s, err
	}
	if n, err := audit.Recover(ctx, s.db, time.Now()); err != nil {
		return s, err
	} else if n > 0 {
		log.Warn("closed records that a crash left open", "records", n)
	}
	s.writer = audit.NewWriter(s.db, audit.WriterConfig{Linger: recordLinger})
	packs, err := cfg.packs()
	if err != nil {
		return s, err
	}
	if s.engine, err = cfg.engine(packs, log, nil); err != nil {
		return s, err
	}
	if err := s.publish(ctx, packs); err != nil {
		return s, err
	}
	if s.docs, err = documents(packs); err != nil {
		return s, err
	}
	return s, s.wire(ctx)
}

// publish is the control plane's part of a start: a rehearsal where there are no
// keys, else the releases as things stand now under the approvals on file.
func (s *server) publish(ctx context.Context, packs *pack.Packs) (err error) {
	s.control = newControl(s.cfg, packs, s.engine)
	if s.cfg.dir().HasKeys() {
		err = s.control.Publish()
	} else {
		s.made, err = s.control.Rehearse(0)
	}
	if err != nil {
		return err
	}
	markets, err := s.control.Markets()
	if err != nil {
		return err
	}
	apps := sqlite.Apps{DB: s.db}
	if s.apps, err = demoApps(ctx, s.cfg.dir(), apps, markets); err != nil {
		return err
	}
	s.keys = &keys{apps: apps}
	return s.keys.load(ctx)
}

// wire is the data plane: it gets bytes, and verifies them like any other.
func (s *server) wire(ctx context.Context) error {
	trust, err := s.cfg.dir().Trust()
	if err != nil {
		return err
	}
	s.gate = landfall.NewGate(trust, nil)
	s.holder = snapshot.NewHolder(s.gate, nil)
	sealed, err := os.ReadFile(s.cfg.dir().Snapshot())
	if err != nil {
		return err
	}
	if err := s.holder.Load(sealed); err != nil {
		return err
	}
	s.parts, err = partner.New(partner.Config{Gate: s.gate, Locators: map[string]partner.Locator{"embedded": embedded{s.engine}}})
	if err != nil {
		return err
	}
	allowances, err := s.cfg.allowances()
	if err != nil {
		return err
	}
	s.line = gateway.New(gateway.Config{
		Snapshots: s.holder, Partners: s.parts, Recorder: s.writer, Rehearsal: s.gate.Rehearsal(), Log: s.log, Ended: s.metrics.ended,
		Places: map[string]int{"embedded": s.engine.Parallel()}, Allowances: allowances, ReplayLife: time.Duration(s.cfg.Replay.Minutes) * time.Minute, ReplayBytes: s.cfg.Replay.MiB << 20,
	})
	return nil
}

func (s *server) handler(stopping <-chan struct{}) http.Handler {
	d := desk{gateway.Desk{Records: s.db, Log: s.writer}}
	return front.Config{
		Record: d.record, Appeal: d.appeal, Count: count(s.line),
		Line: s.line, App: s.keys.find, Availability: availability(s.line, s.engine, s.gate.Rehearsal()), Definition: definition(s.holder), Ready: s.ready, Stopping: stopping,
		Metrics: s.metrics.handler(s.writer), Document: s.docs, NewID: newID, Unauthenticated: s.metrics.unauthenticated.Inc,
		Rehearsal: s.gate.Rehearsal(), Origins: s.cfg.Origins, Bodies: int64(s.cfg.BodiesMiB) << 20, Log: s.log,
	}.Handler()
}

// ready: a release is admitted and its model answers.
func (s *server) ready(ctx context.Context) error {
	snap, unavailable := s.holder.Current()
	if unavailable != nil {
		return unavailable
	}
	if reasons := s.engine.Reasons(); len(reasons) > 0 {
		return errors.New(reasons[0].Message)
	}
	err := errors.New("no release is approved: `landfall rehearse` approves with the local keys")
	for market := range s.apps {
		for _, r := range snap.Routes(market) {
			if r.Check(landfall.Serve) == nil {
				return s.parts.Ready(ctx, r.Release())
			}
		}
	}
	return err
}

func (s *server) serve(ctx context.Context, l net.Listener, out io.Writer) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		s.holder.Watch(background, s.cfg.dir().Snapshot(), 500*time.Millisecond, s.loaded)
	})
	wg.Go(func() { s.keys.watch(background, time.Second, s.failed("read app keys")) })
	wg.Go(func() { s.refresh(background) })
	s.engine.Start(background)
	wg.Go(func() { s.tellModel(background, out) })
	h := &http.Server{Handler: s.handler(ctx.Done()), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)}
	s.banner(out, l.Addr().String())
	errs := make(chan error, 1)
	go func() { errs <- h.Serve(l) }()
	select {
	case err := <-errs:
		return err
	case <-ctx.Done():
	}
	s.log.Info("stopping: streams under way may end", "within", s.cfg.grace().String())
	grace, cancel := context.WithTimeout(background, s.cfg.grace())
	defer cancel()
	err := h.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		err = h.Close()
	}
	return err
}

// loaded is told of each new source: a bad one does not replace a good one.
func (s *server) loaded(err error) {
	if err != nil {
		s.log.Error("a new snapshot was refused; the last good one stays", "error", err)
		return
	}
	s.log.Info("a new snapshot is in use")
}

func (s *server) failed(what string) func(error) {
	return func(err error) { s.log.Error("could not "+what, "error", err) }
}

// refresh takes up approvals that were put in or taken away, and renews the
// snapshot in time. One fault is told once.
func (s *server) refresh(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := s.control.Refresh()
		if err == nil { // an approval that no key signed counts for nothing: say which
			err = s.control.CheckApprovals(s.gate)
		}
		switch {
		case err == nil:
			last = ""
		case err.Error() != last:
			last = err.Error()
			s.failed("refresh the snapshot")(err)
		}
	}
}

func (s *server) close() {
	if s.engine != nil {
		_ = s.engine.Close()
	}
	if s.writer != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.writer.Close(ctx); err != nil {
			s.log.Error("the audit log did not end in time", "error", err)
		}
	}
	if s.parts != nil {
		s.parts.Close()
	}
	if s.db != nil {
		_ = s.db.Close()
	}
}
