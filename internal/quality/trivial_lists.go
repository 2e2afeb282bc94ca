package quality

import (
	"strings"

	"landfall"
)

func trivialThread(s Sample, o landfall.Object) string {
	text := o.Text("summary")
	if s.Input.Text("style") == "preview" || text == "" {
		text = o.Text("preview")
	}
	messages := texts(s.Input, "/messages/*/text")
	if why := copied(text, messages); why != "" || len(messages) == 0 {
		return why
	}
	return echo(text, messages[0])
}

func trivialDigest(s Sample, o landfall.Object) string {
	given := map[string]string{}
	for _, v := range list(s.Input, "items") {
		if item, ok := v.(landfall.Object); ok {
			given[item.Text("id")] = item.Text("title") + " " + item.Text("body")
		}
	}
	groups := list(o, "groups")
	if len(groups) == 0 && len(list(o, "skipped")) == 0 {
		return "no line"
	}
	for _, v := range groups {
		group, _ := v.(landfall.Object)
		var sources []string
		for _, id := range texts(group, "/item_ids") {
			sources = append(sources, given[id])
		}
		if why := trivialLine(group.Text("line"), sources); why != "" {
			return why
		}
	}
	return ""
}

// trivialLine: a line for one entry may be the entry itself.
func trivialLine(line string, sources []string) string {
	if fold(line) == "" {
		return "empty"
	}
	if len(sources) < 2 {
		return ""
	}
	if !sharesWord(line, sources) {
		return "a line that would fit anything"
	}
	return echo(line, sources[0])
}

// sharesWord reports whether a text has two letters in a row of one of the sources,
// five where they are not 汉字.
func sharesWord(text string, sources []string) bool {
	all := fold(join(sources))
	r := []rune(fold(text))
	for i := range r {
		n := 5
		if r[i] > 0x2e7f {
			n = 2
		}
		if i+n <= len(r) && strings.Contains(all, string(r[i:i+n])) {
			return true
		}
	}
	return false
}

func trivialLevels(_ Sample, o landfall.Object) string {
	levels := texts(o, "/ranked/*/level")
	if len(levels) == 0 {
		return "no level"
	}
	for _, l := range levels {
		if l != levels[0] || len(levels) < 3 {
			return ""
		}
	}
	return "all of one level"
}

func trivialMinutes(s Sample, o landfall.Object) string {
	said := texts(s.Input, "/utterances/*/text")
	for _, text := range []string{o.Text("title"), o.Text("overview")} {
		if why := copied(text, said); why != "" {
			return why
		}
	}
	if len(said) == 0 {
		return ""
	}
	return echo(o.Text("overview"), said[0])
}
