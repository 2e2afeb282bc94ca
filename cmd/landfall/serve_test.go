package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"landfall/internal/audit"
	"landfall/internal/sqlite"
)

// A clock behind the last record, or behind the build, serves nothing and says which.
func TestClockInThePastIsRefused(t *testing.T) {
	ctx := context.Background()
	db, err := sqlite.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := checkClock(ctx, db, now); err != nil {
		t.Errorf("no record yet: %v", err)
	}
	entries := []audit.Entry{
		{Kind: audit.Opened, Record: "a", At: now.Add(-time.Minute).UnixMilli()},
		{Kind: audit.Closed, Record: "a", At: now.UnixMilli(), Outcome: audit.Complete},
	}
	if err := db.AppendBatch(ctx, entries); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   time.Time
		says string
	}{
		{now.Add(time.Hour), ""},
		{now.Add(-clockSlack), ""},
		{now.Add(-clockSlack - time.Second), "the last record in the audit log is of 2030-01-01T00:00:00Z"},
		{time.Unix(0, 0), "the clock says 1970-01-01T00:00:00Z"},
	} {
		err := checkClock(ctx, db, c.at)
		if (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("at %s: %v, want %q", c.at, err, c.says)
		}
	}
}

// A server on a directory whose records are of the future does not start.
func TestServeRefusesAClockInThePast(t *testing.T) {
	dir := t.TempDir()
	db, err := sqlite.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	future := time.Now().Add(time.Hour)
	if err := db.AppendBatch(t.Context(), []audit.Entry{{Kind: audit.Opened, Record: "a", At: future.UnixMilli()}}); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	if _, err := newServer(t.Context(), &Config{Data: dir, Log: "info"}, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "the last record") {
		t.Errorf("newServer: %v", err)
	}
}

// With a certificate the gateway speaks TLS and nothing else; half a pair is refused.
func TestTLS(t *testing.T) {
	cert, key, pool := certificate(t)
	for _, c := range []TLSConfig{{Cert: cert}, {Key: key}, {cert, cert}, {key, key}, {"nowhere", key}} {
		if _, err := c.load(); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	if none, err := (TLSConfig{}).load(); none != nil || err != nil {
		t.Errorf("nothing named: %v, %v", none, err)
	}
	c, err := TLSConfig{cert, key}.load()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go func() { _ = srv.Serve(tls.NewListener(l, c)) }()
	defer srv.Close()
	for _, v := range []struct {
		min, max uint16
		ok       bool
	}{{tls.VersionTLS10, tls.VersionTLS11, false}, {tls.VersionTLS12, tls.VersionTLS12, true}, {tls.VersionTLS13, tls.VersionTLS13, true}} {
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: v.min, MaxVersion: v.max}, DisableKeepAlives: true}
		resp, err := (&http.Client{Transport: tr}).Get("https://" + l.Addr().String())
		if (err == nil) != v.ok {
			t.Errorf("TLS %x: %v", v.max, err)
		}
		if err == nil {
			_ = resp.Body.Close()
		}
	}
	if resp, err := http.Get("http://" + l.Addr().String()); err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("plain HTTP is answered: %s", resp.Status)
		}
	}
}

// certificate makes a pair for 127.0.0.1 and who trusts it.
func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return cert, key, pool
}
