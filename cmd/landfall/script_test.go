package main

import (
	"flag"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts of testdata/script show the product from outside: the real command
// in processes of its own, a model server of the test's, requests, and what came
// back. Besides testscript's commands they use these; a FILE is one of the script's.
//
//	upstream FILE            the model server answers as the file says; see upstream
//	upstream-down, -up       the model server's port is closed, and opened again
//	upstream-calls N         the model was asked N times since the last upstream line
//	upstream-left 1s         within a second the model server saw its caller leave
//
//	serve ARGS…              start the gateway: sets $GATEWAY, $KEY_CN, $KEY_EU …
//	term, ended              send SIGTERM; wait for the end, which must be a good one
//	shutdown, kill9            both at once; SIGKILL
//	log PATTERN              within three seconds the gateway's log says so
//	disk-full, disk-free     the gateway's process can write no file, and can again
//	tmpfs DIR SIZE           a small file system; where condition [tmpfs] holds
//
//	http METHOD PATH         ask; stdout is status, some headers, and the body's bytes;
//	                         first -key=K -body=FILE -data=TEXT -sse -header='N: V'
//	within 2s PATTERN http…  ask until the reply matches
//	each-cut WORD 1 16 http… ask once for each size of piece, in bytes, in which the
//	                         model says its text: same answer each time, never the WORD
//	http-start NAME http…    ask and go on; http-seen NAME PATTERN waits for a part of
//	                         the reply, http-hangup NAME breaks off, http-end NAME waits,
//	                         http-over NAME asks whether the reply has ended
//
//	field PATH WANT          the last envelope has this at a JSON Pointer
//	plain                    the last reply without ids, digests and times, as stdout
//	env-from NAME FILE       sets a variable to a file's one line; env-port NAME, to the
//	                         port of the gateway
//	records N                the audit log has N records, each with one opening and one
//	                         closing; stdout is a line for each, the oldest first
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"upstream": yes(cmdUpstream), "upstream-down": yes(cmdUpstreamDown), "upstream-up": yes(cmdUpstreamUp),
		"upstream-calls": yes(cmdUpstreamCalls), "upstream-left": yes(cmdUpstreamLeft),
		"serve": yes(cmdServe), "term": yes(cmdTerm), "ended": yes(cmdEnded), "shutdown": yes(cmdShutdown), "kill9": yes(cmdKill9),
		"log": cmdLog, "disk-full": yes(cmdDiskFull), "disk-free": yes(cmdDiskFree), "tmpfs": yes(cmdTmpfs),
		"http": yes(cmdHTTP), "within": yes(cmdWithin), "each-cut": yes(cmdEachCut),
		"http-start": yes(cmdHTTPStart), "http-seen": yes(cmdHTTPSeen), "http-hangup": yes(cmdHTTPHangup), "http-end": yes(cmdHTTPEnd), "http-over": cmdHTTPOver,
		"env-from": yes(cmdEnvFrom), "env-port": yes(cmdEnvPort), "field": cmdField, "plain": yes(cmdPlain), "records": yes(cmdRecords),
	}
}

// update writes what came into the parts of scripts that cmp compares with.
var update = flag.Bool("update", false, "update the expected parts of scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"landfall": main})
}

func TestScripts(t *testing.T) {
	packs, err := filepath.Abs("../../packs")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/script", Cmds: commands(), RequireExplicitExec: true, RequireUniqueNames: true, UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			w := &world{dir: e.WorkDir, calls: map[string]*call{}}
			e.Values[worldKey{}] = w
			e.Setenv("PACKS", packs)
			e.Defer(w.close)
			return nil
		},
		Condition: func(cond string) (bool, error) { return cond == "tmpfs" && canMount(t), nil },
	})
}

type worldKey struct{}

// world is what one script has running.
type world struct {
	dir      string
	upstream *upstream
	server   *gatewayProcess
	last     *reply
	calls    map[string]*call
}

func of(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

func (w *world) close() {
	for _, c := range w.calls {
		c.cancel()
	}
	if w.server != nil {
		w.server.kill()
	}
	if w.upstream != nil {
		w.upstream.close()
	}
}

// yes wraps a command that has no opposite.
func yes(f func(*testscript.TestScript, *world, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command cannot be negated")
		}
		f(ts, of(ts), args)
	}
}

func cmdEnvFrom(ts *testscript.TestScript, _ *world, args []string) {
	need(ts, args, 2, "env-from NAME FILE")
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

func cmdEnvPort(ts *testscript.TestScript, _ *world, args []string) {
	need(ts, args, 1, "env-port NAME")
	url := ts.Getenv("GATEWAY")
	ts.Setenv(args[0], url[strings.LastIndexByte(url, ':')+1:])
}

func need(ts *testscript.TestScript, args []string, n int, usage string) {
	if len(args) != n {
		ts.Fatalf("usage: %s; have %s", usage, strings.Join(args, " "))
	}
}
