package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"landfall"
	"landfall/internal/local"
)

// banner says what a person needs next: address, keys, and lines to paste.
func (s *server) banner(w io.Writer, addr string) {
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	p("Landfall %s, in REHEARSAL: the authorities' keys were made on this machine.", version)
	p("")
	p("  gateway   %s", s.cfg.url(addr))
	p("  docs      %s/docs", s.cfg.url(addr))
	p("  data      %s", s.cfg.Data)
	p("  model     %s", s.engine.Identity().ID)
	for _, market := range slices.Sorted(maps.Keys(s.apps)) {
		p("  %-9s %s", "key "+market, s.apps[market])
	}
	s.refusals(p)
	markets := slices.Sorted(maps.Keys(s.apps))
	if len(markets) == 0 {
		return
	}
	market := markets[0]
	flags := ""
	if s.cfg.Listen != "127.0.0.1:8460" || s.cfg.TLS.Cert != "" {
		flags += " --gateway " + s.cfg.url(addr)
	}
	if s.cfg.Data != "data" {
		flags += " --data " + shellQuote(s.cfg.Data)
	}
	p("")
	p("Try it in another terminal:")
	p("")
	p("  curl -N %s/v1/features/summarize \\\n    -H 'Authorization: Bearer %s' \\\n    -H 'Accept: text/event-stream' \\\n    -d '{\"input\":{\"text\":\"%s\"}}'", s.cfg.url(addr), s.apps[market], bannerText)
	p("")
	p("  bin/landfall try summarize --market %s%s", market, flags)
	p("")
}

const bannerText = "社区图书馆从下周一起延长开放时间。周一到周五开到晚上九点，周末开到下午六点。馆里新添了四十个座位和两间自习室，读者可以用借书证预约。图书馆还会在每周六上午办一次儿童故事会，由志愿者轮流主持，参加不收费。"

// refusals names the features that nothing approved would answer, and the command
// that helps.
func (s *server) refusals(p func(string, ...any)) {
	snap, unavailable := s.holder.Current()
	if unavailable != nil {
		p("  refused   %s", unavailable)
		return
	}
	refused := false
	for _, market := range slices.Sorted(maps.Keys(s.apps)) {
		for _, r := range snap.Routes(market) {
			if err := r.Check(landfall.Serve); err != nil {
				p("  refused   %s in %s: %s", r.Release().Feature, market, err)
				refused = true
			}
		}
	}
	if refused {
		p("            `landfall rehearse` shows what changed and approves it with the local keys")
	}
}

// tellModel says once when the model is ready, and where the time of a start went;
// and at once when it cannot be.
func (s *server) tellModel(ctx context.Context, w io.Writer) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	said := local.Phase("")
	for {
		st := s.engine.State()
		if st.Phase != said {
			said = st.Phase
			switch st.Phase {
			case local.Ready:
				_, _ = fmt.Fprintf(w, "The model %s is ready (%d threads).\n", s.engine.Identity().ID, st.Threads)
				local.WriteSteps(w, st.Steps)
			case local.Missing, local.Broken, local.Downloading:
				_, _ = fmt.Fprintf(w, "The model is %s: %s\n", st.Phase, st.Message)
			}
			if st.Note != "" && st.Phase == local.Ready {
				_, _ = fmt.Fprintln(w, st.Note)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
