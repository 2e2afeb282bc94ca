package pack_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"landfall/internal/pack"
	"landfall/packs"
)

const market = "id: XA\nlanguages: [xa]\nfeatures: [summarize]\nauthorities: [xa-authority]\npartner: selfhosted\n"

// base is what a binary would carry.
var base = fstest.MapFS{
	"market/XA/market.yaml": {Data: []byte(market)},
	"market/XA/label.yaml":  {Data: []byte("scheme: embedded\n")},
	"partner/made-up.yaml":  {Data: []byte("id: made-up\ntier: local\n")},
	"partner/other.yaml":    {Data: []byte("id: made-up\n")},
	"partner/README.md":     {Data: []byte("no pack")},
}

// over opens base with a folder of these files laid over it.
func over(t *testing.T, files map[string]string) (*pack.Packs, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := pack.Open(base, dir)
	if err != nil {
		t.Fatal(err)
	}
	return p, dir
}

func TestAFolderReplacesOneFile(t *testing.T) {
	p, dir := over(t, map[string]string{"market/XA/label.yaml": "scheme: laid-over\n"})
	for _, c := range []struct{ name, want, file string }{
		{"market/XA/label.yaml", "scheme: laid-over\n", filepath.Join(dir, "market/XA/label.yaml")},
		{"market/XA/market.yaml", market, "packs/market/XA/market.yaml"},
	} {
		b, file, err := p.Read(c.name)
		if err != nil || string(b) != c.want || file != c.file {
			t.Errorf("%s: %q in %s, %v; want %q in %s", c.name, b, file, err, c.want, c.file)
		}
	}
}

func TestABadFileOfTheFolderIsNotSkipped(t *testing.T) {
	p, dir := over(t, map[string]string{"market/XA/market.yaml": "id: XA\nid: XB\n"})
	_, err := p.Market("XA")
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "market/XA/market.yaml")+":2:1") {
		t.Errorf("want the folder's file and line, have %v", err)
	}
}

// What stands in the folder and cannot be read is an error: the embedded file
// would be another than the operator means.
func TestAnUnreadableFileIsNotSkipped(t *testing.T) {
	p, _ := over(t, map[string]string{"market/XA/market.yaml/in-the-way": ""})
	if b, _, err := p.Read("market/XA/market.yaml"); err == nil {
		t.Errorf("read the embedded one: %q", b)
	}
}

func TestRead(t *testing.T) {
	p, _ := over(t, nil)
	for _, name := range []string{"market/XB/market.yaml", "../secret", "/etc/hostname", "market/../../secret", ""} {
		if b, _, err := p.Read(name); err == nil {
			t.Errorf("%q gave %q", name, b)
		}
	}
	if _, err := p.Market("../market/XA"); err == nil {
		t.Error("a market outside the folder of markets")
	}
}

func TestList(t *testing.T) {
	p, _ := over(t, map[string]string{
		"market/XB/market.yaml": market, "market/XA/label.yaml": "scheme: x\n", "market/.git/x": "", "partner/added.yaml": "id: added\n",
	})
	for folder, want := range map[string][]string{
		"market": {"XA", "XB"}, "partner": {"added", "made-up", "other"}, "feature": nil,
	} {
		got, err := p.List(folder)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got)\n%s", folder, d)
		}
	}
}

func TestOpenWantsAFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, file + "/none"} {
		if _, err := pack.Open(base, dir); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

func TestMarket(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"good":                     {market, ""},
		"another id":               {strings.Replace(market, "XA", "XB", 1), `id is "XB", want the folder's name "XA"`},
		"no id":                    {strings.Replace(market, "id: XA\n", "", 1), `id is ""`},
		"no language":              {strings.Replace(market, "[xa]", "[]", 1), "languages is empty"},
		"no feature":               {strings.Replace(market, "[summarize]", "[]", 1), "features is empty"},
		"a language nobody speaks": {market + "notice_language: xb\n", `notice_language "xb" is none of languages`},
		"consent for what is here": {market + "consent: [{tiers: [local]}]\n", `consent[0].tiers: "local" is none of partner`},
		"an age that is none":      {market + "ages: [{bands: [old]}]\n", `ages[0].bands: "old" is none of child, teen`},
		"closed to nobody":         {market + "ages: [{features: [ask]}]\n", "ages[0].bands is empty"},
		"kept longer than allowed": {market + "retention: {at_least_days: 9, at_most_days: 8}\n", "at_least_days 9 is over"},
		"a rule without a date":    {market + "sources: [{rule: x, source: y}]\n", `sources[0].effective_from: "" is no date`},
		"a date that is none":      {market + "sources: [{rule: x, source: y, effective_from: '2026-02-30'}]\n", "no date such as"},
		"a rule without a source":  {market + "sources: [{rule: x, effective_from: '2026-02-03'}]\n", "rule and source are both needed"},
		"nobody who could approve": {strings.Replace(market, "[xa-authority]", "~", 1), "authorities is empty"},
		"a clock in words":         {market + "clocks: {keywords_days: weekly}\n", "market.yaml:6:25: clocks.keywords_days: want a whole number"},
		"a misspelled clock":       {market + "clocks: {keyword_days: 7}\n", `did you mean "keywords_days"?`},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := over(t, map[string]string{"market/XA/market.yaml": c.file})
			_, err := p.Market("XA")
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// A market named NO is NO wherever a pack writes it, quoted or not.
func TestTheMarketNO(t *testing.T) {
	p, _ := over(t, map[string]string{"market/NO/market.yaml": strings.Replace(market, "id: XA", "id: NO\nname: {NO: no}", 1)})
	m, err := p.Market("NO")
	if err != nil || m.ID != "NO" || m.Name["NO"] != "no" {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestPartner(t *testing.T) {
	p, _ := over(t, nil)
	if v, err := p.Partner("made-up"); err != nil || v.Tier != "local" {
		t.Errorf("%+v, %v", v, err)
	}
	if _, err := p.Partner("other"); err == nil || !strings.Contains(err.Error(), `want the file's name "other"`) {
		t.Errorf("a partner under another name: %v", err)
	}
}

// The packs that ship are good, every one.
func TestShippedPacks(t *testing.T) {
	p, err := pack.Open(packs.Files, "")
	if err != nil {
		t.Fatal(err)
	}
	markets, err := p.List("market")
	if err != nil || len(markets) == 0 {
		t.Fatalf("%v, %v", markets, err)
	}
	for _, id := range markets {
		m, err := p.Market(id)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := p.Partner(m.Partner); err != nil {
			t.Error(err)
		}
	}
	err = fs.WalkDir(packs.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".yaml" {
			return err
		}
		var any map[string]any
		return p.Decode(name, &any)
	})
	if err != nil {
		t.Error(err)
	}
}

// Every rule that a shipped market carries out says where it comes from and since
// when, and every market speaks in each of its languages.
func TestShippedMarketsNameTheirSources(t *testing.T) {
	p, err := pack.Open(packs.Files, "")
	if err != nil {
		t.Fatal(err)
	}
	markets, _ := p.List("market")
	features, _ := p.List("feature")
	for _, id := range markets {
		m, err := p.Market(id)
		if err != nil {
			t.Fatal(err)
		}
		var about []string
		for _, s := range m.Sources {
			about = append(about, s.About...)
			if s.Doubt == (s.Why == "") {
				t.Errorf("%s: %s: a doubt has its why, and nothing else has one", id, s.Rule)
			}
		}
		for _, key := range []string{"label.scheme", "label.text", "label.position", "label.in_text", "label.producer", "notices", "classes", "consent", "ages", "data_regions", "clocks", "retention", "authorities"} {
			if has := slices.Contains(about, key); !has && (key != "ages" || len(m.Ages) > 0) {
				t.Errorf("%s: no source stands behind %s", id, key)
			}
		}
		if d := cmp.Diff(features, m.Features); d != "" {
			t.Errorf("%s does not offer every feature: leave `features` out of its file (-packs +market)\n%s", id, d)
		}
		var notices map[string]map[string]string
		if err := p.Decode("market/"+id+"/notices.yaml", &notices); err != nil {
			t.Fatal(err)
		}
		for _, lang := range m.Languages {
			if !strings.Contains(notices[lang]["appeal"], "POST /v1/appeals") {
				t.Errorf("%s: the notice in %s does not say how to appeal", id, lang)
			}
		}
	}
}

func TestMarketRules(t *testing.T) {
	m := pack.Market{Languages: []string{"ko", "en"}, NoticeLanguage: "ko",
		Consent: []pack.ConsentRule{{Tiers: []string{"partner"}, Features: []string{"ask"}}},
		Ages:    []pack.AgeRule{{Bands: []string{"child", "unknown"}, Features: []string{"ask"}}, {Bands: []string{"teen"}}}}
	for _, c := range []struct {
		feature, tier, band string
		consent, closed     bool
	}{
		{"ask", "partner", "child", true, true}, {"ask", "local", "", false, true}, {"tag", "partner", "child", false, false},
		{"tag", "partner", "teen", false, true}, {"ask", "private", "adult", false, false},
	} {
		if m.NeedsConsent(c.feature, c.tier) != c.consent || m.ClosedTo(c.feature, c.band) != c.closed {
			t.Errorf("%+v: consent %t, closed %t", c, m.NeedsConsent(c.feature, c.tier), m.ClosedTo(c.feature, c.band))
		}
	}
	if none := (pack.Market{}); !none.NeedsConsent("ask", "partner") || none.NeedsConsent("ask", "private") || none.ClosedTo("ask", "child") {
		t.Error("a market that says nothing asks for a partner's consent and closes nothing")
	}
	for _, c := range []struct{ own, locale, answer, want string }{
		{"ko", "", "en", "ko"}, {"ko", "en-GB", "en", "en"}, {"ko", "EN_us", "ko", "en"}, {"ko", "fr", "en", "ko"},
		{"", "", "en", "en"}, {"", "ko", "en", "ko"}, {"", "", "zh", "ko"}, {"", "zh", "zh", "ko"},
	} {
		m.NoticeLanguage = c.own
		if got := m.WordsLanguage(c.locale, c.answer); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
