package feature

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"landfall"
)

// Kind tags: one question a type of tag. Where the labels are known, the caller's
// taxonomy or the feature's own list, the model chooses one; else it names a few. The
// language is found by code. No score is made up: there is none. Tags that would
// describe a person's politics, health or sexuality are dropped, and a warning says so.

const (
	tagTopic    = "topic"
	tagIntent   = "intent"
	tagEmotion  = "emotion"
	tagEntity   = "entity"
	tagLanguage = "language"

	closedTopic = "topic_closed"

	defaultTags = 10
	longestTag  = 40 // code points of a tag the model names
	mostTopics  = 3
	labelRoom   = 24 // tokens for one label of a list
)

var tagPrompts = []string{tagTopic, closedTopic, tagIntent, tagEmotion, tagEntity}

type tagged struct{ kind, value string }

func shapeTags(s *shaping) error {
	var all []tagged
	dropped := false
	for _, kind := range s.wanted() {
		values, err := s.tag(kind)
		if err != nil {
			return err
		}
		for _, v := range values {
			if s.def.cues("profile").in(v) {
				dropped = true
				continue
			}
			all = append(all, tagged{kind, v})
		}
	}
	if dropped || len(s.labels(tagTopic)) < len(s.taxonomy()) {
		if err := s.warn("profile_dropped", "labels of a person's politics, health or sexuality are not given"); err != nil {
			return err
		}
	}
	if most := cmp.Or(intAt(s.call.Input, "max"), defaultTags); len(all) > most {
		all = all[:most]
	}
	list, values := make([]any, len(all)), make([]string, len(all))
	for i, t := range all {
		list[i], values[i] = landfall.Object{{Key: "type", Value: t.kind}, {Key: "value", Value: t.value}}, t.value
	}
	out := s.Blank().Set("tags", list).Set("language", landfall.Object{{Key: "code", Value: s.call.source}})
	return s.emitWhole(&subject{shaping: s, part: strings.Join(values, "\n"), output: out})
}

// wanted are the types to ask the model for, in the caller's order.
func (s *shaping) wanted() []string {
	v, _ := s.call.Input.Get("want")
	var out []string
	for _, w := range stringsOf(v) {
		if w != tagLanguage && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

func (s *shaping) taxonomy() []string {
	v, _ := s.call.Input.Get("taxonomy")
	return stringsAsGiven(v)
}

// labels close a type: the caller's, or the feature's own; none leaves it open.
func (s *shaping) labels(kind string) []string {
	switch own := s.taxonomy(); {
	case len(own) > 0 && (kind == tagTopic || kind == tagIntent):
		return slices.DeleteFunc(own, s.def.cues("profile").in)
	case kind == tagIntent || kind == tagEmotion:
		return s.wordsOf(kind)
	}
	return nil
}

// tag asks for one type.
func (s *shaping) tag(kind string) ([]string, error) {
	labels := s.labels(kind)
	if closed := kind != tagEntity && (kind != tagTopic || len(s.taxonomy()) > 0); closed {
		return s.chooseTag(kind, labels)
	}
	q := inquiry{variant: kind, tokens: s.tokens(0), schema: objectOf(landfall.Member{Key: "tags", Value: listOf(aString, 0, defaultTags)})}
	if kind == tagTopic {
		q.schema = objectOf(landfall.Member{Key: "tags", Value: listOf(aString, 1, mostTopics)})
	}
	var out []string
	err := s.inquire(q, func(o landfall.Object) *failure {
		v, _ := o.Get("tags")
		if out = s.keepTags(kind, stringsOf(v)); len(out) == 0 && kind == tagTopic {
			return fails("tags", "no topic that could be one")
		}
		return nil
	})
	return out, err
}

func (s *shaping) chooseTag(kind string, labels []string) ([]string, error) {
	if len(labels) == 0 {
		return nil, nil
	}
	q := inquiry{
		variant: kind, tokens: labelRoom, slots: map[string]string{"labels": strings.Join(labels, s.said("comma"))},
		schema: objectOf(landfall.Member{Key: "label", Value: oneOf(labels)}),
	}
	if kind == tagTopic {
		q.variant = closedTopic
	}
	for _, l := range labels { // a label may be longer than a small enum's
		q.tokens = max(q.tokens, labelRoom/2+EstimateTokens(l))
	}
	var label string
	err := s.inquire(q, func(o landfall.Object) *failure {
		if label = o.Text("label"); !slices.Contains(labels, label) {
			return fails("tags", "the label is none of the list")
		}
		return nil
	})
	return []string{label}, err
}

// keepTags leaves out what cannot be a tag: a sentence, the text again, an example of
// the prompt, an entity that the text does not name, and what was said before.
func (s *shaping) keepTags(kind string, said []string) []string {
	text := s.mainOf()
	var out []string
	for _, v := range said {
		if kind == tagEntity {
			at, ok := findLoosely(text, v)
			if !ok {
				continue
			}
			v = at.in(text)
		}
		repeats := slices.ContainsFunc(out, func(o string) bool { return lettersOf(o) == lettersOf(v) })
		leaks := s.leaks[s.call.Language+"/"+kind].in(v, s.source) != ""
		if !repeats && !leaks && countRunes(v) <= longestTag && lettersOf(v) != lettersOf(text) && countLetters(v) > 0 {
			out = append(out, v)
		}
	}
	return out
}

// readTags refuses labels that are no labels.
func readTags(input landfall.Object) *landfall.Error {
	v, _ := input.Get("taxonomy")
	seen := map[string]bool{}
	for i, l := range stringsAsGiven(v) {
		path := "/input/taxonomy/" + strconv.Itoa(i)
		switch {
		case strings.TrimSpace(l) == "" || strings.ContainsAny(l, "\r\n"):
			return invalidAt(path, "want a label of one line")
		case seen[l]:
			return invalidAt(path, "stands there for the second time")
		}
		seen[l] = true
	}
	return nil
}

// admitTags says what a taxonomy does not close.
func admitTags(f *Feature, c *Call) *landfall.Error {
	taxonomy, _ := c.Input.Get("taxonomy")
	want, _ := c.Input.Get("want")
	wanted := stringsOf(want)
	if len(stringsAsGiven(taxonomy)) > 0 && !slices.Contains(wanted, tagTopic) && !slices.Contains(wanted, tagIntent) {
		c.warn("taxonomy_ignored", "taxonomy closes topic and intent, and neither is wanted")
	}
	return nil
}
