package feature

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"landfall"
)

// Kind digest: one line for each app's notifications. Apps never share a call, so no
// line can mix what two of them say. A line is the notification itself where that
// fits; else the model writes it; else it is the first notification, cut at a word.
// Categories of the pack's words (news, emergency, banking), notifications with a
// secret in them and empty ones are no part of any line: they are listed with the
// reason, for the app to show as they are.

// noted is one notification.
type noted struct{ id, app, text string }

// stack is what one app sent, in order.
type stack struct {
	app   string
	items []noted
}

func admitDigest(f *Feature, c *Call) *landfall.Error { return distinct(c.Input, "items") }

func shapeDigest(s *shaping) error {
	stacks, skipped := s.stacks()
	groups, lines, plain := []any{}, []string{}, false
	for i, k := range stacks {
		if i > 0 {
			if err := s.emit(landfall.Draft{Hold: &landfall.Hold{Why: "pass", Pass: i + 1}}); err != nil {
				return err
			}
		}
		line, written, err := s.line(k)
		if err != nil {
			return err
		}
		plain = plain || !written
		ids := []any{}
		for _, n := range k.items {
			ids = append(ids, n.id)
		}
		lines = append(lines, line)
		groups = append(groups, landfall.Object{{Key: "app", Value: k.app}, {Key: "line", Value: line}, {Key: "item_ids", Value: ids}, {Key: "count", Value: len(ids)}})
	}
	if plain {
		if err := s.warn("extractive", "a line is a notification's own words, chosen and cut by rule"); err != nil {
			return err
		}
	}
	out := s.Blank().Set("groups", groups).Set("skipped", skipped)
	return s.emitWhole(&subject{shaping: s, part: strings.Join(lines, "\n"), output: out})
}

// stacks sorts the notifications by app, in the order in which apps first appear, and
// says why some are in none. Of an app that announced a code, one alone is a secret too.
func (s *shaping) stacks() (all []stack, skipped []any) {
	v, _ := s.call.Input.Get("items")
	skipped = []any{}
	words, announced := s.def.secretWords(), map[string]bool{} // the apps that spoke of a code
	for _, o := range objects(v) {
		n := noted{o.Text("id"), o.Text("app"), s.notice(o)}
		why := s.skip(o, n, len(words.find(n.text, announced[n.app])) > 0)
		announced[n.app] = announced[n.app] || words.code.in(n.text)
		if why != "" {
			skipped = append(skipped, landfall.Object{{Key: "id", Value: n.id}, {Key: "reason", Value: why}})
			continue
		}
		at := slices.IndexFunc(all, func(k stack) bool { return k.app == n.app })
		if at < 0 {
			at = len(all)
			all = append(all, stack{app: n.app})
		}
		all[at].items = append(all[at].items, n)
	}
	return all, skipped
}

// notice is a notification as one line: its title, and its body where that says more.
func (s *shaping) notice(o landfall.Object) string {
	title, body := oneLine(o.Text("title")), oneLine(o.Text("body"))
	switch {
	case title == "" || strings.HasPrefix(body, title):
		return body
	case body == "" || strings.Contains(title, body):
		return title
	}
	return title + s.said("joint") + body
}

// skip returns why a notification is in no line, or "".
func (s *shaping) skip(o landfall.Object, n noted, secret bool) string {
	category := strings.ToLower(strings.TrimSpace(o.Text("category")))
	for _, name := range []string{"news", "emergency", "banking"} {
		if slices.Contains(s.def.cues(name), category) {
			return "category_" + name
		}
	}
	switch {
	case n.text == "":
		return "empty"
	case secret:
		return "secret"
	}
	return ""
}

// line returns an app's line, and whether it says all that the app's notifications
// say, or was written by the model; else it is cut.
func (s *shaping) line(k stack) (line string, written bool, err error) {
	texts := k.distinct()
	if all := strings.Join(texts, s.said("between")); utf8.RuneCountInString(all) <= s.capOf("line") {
		return all, true, nil
	}
	if line, err = s.askLine(k, texts); line != "" || err != nil {
		return line, true, err
	}
	if len(k.items) == 1 {
		return shorten(texts[0], s.capOf("line")), false, nil
	}
	count := fmt.Sprintf(s.said("count"), len(k.items))
	return shorten(texts[len(texts)-1], s.capOf("line")-utf8.RuneCountInString(count)) + count, false, nil
}

// distinct are the texts of a stack; one that follows itself stands once.
func (k stack) distinct() []string {
	var out []string
	for _, n := range k.items {
		out = append(out, n.text)
	}
	return slices.Compact(out)
}

// askLine asks the model for an app's line. "" is an answer that could not be used.
func (s *shaping) askLine(k stack, texts []string) (string, error) {
	// The app's own count may be said; nothing else that its notifications do not say.
	source := NewSource(append(slices.Clone(texts), k.app, strconv.Itoa(len(k.items)))...)
	listed := head(strings.Join(texts, "\n"), maxListed)
	for attempt := 0; attempt <= s.def.Repairs; attempt++ {
		p, err := s.prompt(map[string]string{"app_name": oneLine(k.app), "listed": listed, "max": strconv.Itoa(s.capOf("line") * 3 / 4)}, s.tokens(0), attempt)
		if err != nil {
			return "", err
		}
		said, err := s.hear(p)
		if err != nil {
			return "", err
		}
		line, _, _ := strings.Cut(strings.TrimSpace(said.text), "\n")
		line = strings.TrimRight(strings.TrimSpace(withoutBullet(line)), "。.")
		if s.usableLine(line, texts, source) {
			return line, nil
		}
		if err := s.emit(landfall.Draft{Hold: &landfall.Hold{Why: "checking"}}); err != nil {
			return "", err
		}
	}
	return "", nil
}

// maxListed is how many tokens of one app's notifications the model reads.
const maxListed = 900

// usableLine holds a line against what its own app's notifications say.
func (s *shaping) usableLine(line string, texts []string, source *Source) bool {
	if line == "" || utf8.RuneCountInString(line) > s.capOf("line") || s.grounded(line, source, s.variant()) != "" {
		return false
	}
	if len(texts) > 1 && strings.HasPrefix(lettersOf(texts[0]), lettersOf(line)) {
		return false // it speaks of the first alone
	}
	return overlap(termsOf(line), termsOf(strings.Join(texts, "\n"))) >= s.nearEnough()
}
