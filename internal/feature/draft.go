package feature

import (
	"regexp"
	"slices"
	"strings"

	"landfall"
)

// Kind draft: a text from a brief. A model that writes freely invents; so a number of
// three digits and more, a date, a time and an address that neither the brief nor the
// facts nor the context hold become placeholders in brackets before they are shown. A
// heading (a mail's subject, the title of what has one) is asked for after the text,
// and is left out where none passes.

// placeholderNames are the words of the pack that stand in the brackets.
var placeholderNames = []string{"number", "date", "time", "link", "mail", "handle"}

// headings names, by the input's kind, the field that holds the heading.
var headings = map[string]string{
	"mail": "subject", "notice": "title", "post": "title", "weekly_report": "title", "application": "title", "speech": "title", "story": "title",
}

func shapeDraft(s *shaping) error {
	if err := s.warn("may_add_matter", "the draft may hold matter that the brief does not: read it before it is used"); err != nil {
		return err
	}
	s.dress = func(o *spout) { o.weigh = s.withPlaceholders }
	last, err := s.tell(func(attempt int) (landfall.Prompt, error) {
		return s.prompt(map[string]string{"points": s.points()}, s.roomForAnswer(), attempt)
	})
	if err != nil {
		return err
	}
	if !last.begun() {
		return s.fallBack(last)
	}
	heading, err := s.heading()
	if err != nil {
		return err
	}
	last.extra = heading
	return last.finish()
}

// points are the facts of the input, one a line.
func (s *shaping) points() string {
	v, _ := s.call.Input.Get("facts")
	list, _ := v.([]any)
	var out strings.Builder
	for _, e := range list {
		if fact, ok := e.(string); ok && strings.TrimSpace(fact) != "" {
			out.WriteString("\n- " + strings.Join(strings.Fields(fact), " "))
		}
	}
	return out.String()
}

// heading asks for the one line that names the draft.
func (s *shaping) heading() (landfall.Object, error) {
	field, ok := headings[s.call.Input.Text("kind")]
	if !ok {
		return nil, nil
	}
	for attempt := 0; attempt <= s.def.Repairs; attempt++ {
		p, err := s.promptOf("heading", map[string]string{"points": s.points()}, 48, attempt)
		if err != nil {
			return nil, err
		}
		said, err := s.hear(p)
		if err != nil {
			return nil, err
		}
		line, _, _ := strings.Cut(strings.TrimSpace(said.text), "\n")
		line = s.withPlaceholders(strings.Trim(strings.TrimSpace(line), "\"“”《》#* "))
		n := countLetters(line)
		if n > 0 && n <= 80 && said.finish != landfall.FinishLength && s.leaks[s.call.Language+"/heading"].in(line, s.source) == "" {
			return landfall.Object{{Key: field, Value: line}}, nil
		}
	}
	return nil, nil
}

// withPlaceholders puts a placeholder where a text states what the input does not.
func (s *shaping) withPlaceholders(text string) string {
	var out strings.Builder
	at := 0
	for _, f := range s.source.Lacks(text) {
		name := placeholderOf(f)
		if name == "" || f.Start < at {
			continue
		}
		out.WriteString(text[at:f.Start] + "[" + s.def.Words[name][s.call.Language][0] + "]")
		at = f.End
	}
	if at == 0 {
		return text
	}
	return joined.ReplaceAllStringFunc(out.String()+text[at:], func(run string) string {
		all := bracketed.FindAllString(run, -1)
		return strings.Join(slices.Compact(all), "")
	})
}

// placeholderOf names the placeholder for a fact; "" leaves it: a small number is as
// often a matter of wording.
func placeholderOf(f Fact) string {
	switch f.Kind {
	case kindNumber, kindPercent:
		if digits := strings.Count(f.Value, "") - 1 - strings.Count(f.Value, ".") - strings.Count(f.Value, "-"); digits < 3 {
			return ""
		}
		return "number"
	case kindMonth, kindDay, kindDate, kindWeekday:
		return "date"
	case kindTime:
		return "time"
	case kindLink:
		return "link"
	case kindMail:
		return "mail"
	}
	return "handle"
}

var (
	bracketed = regexp.MustCompile(`\[[^\[\]\n]{1,40}\]`)
	// joined are placeholders with nothing but marks between them: parts of one number or date.
	joined = regexp.MustCompile(`\[[^\[\]\n]{1,40}\](?:[-–/. ]{0,2}\[[^\[\]\n]{1,40}\])+`)
)

// gapsOf are the places of a draft that wait for the reader, the brackets
// included.
func gapsOf(s *subject) any {
	out := []any{}
	for _, at := range bracketed.FindAllStringIndex(s.whole, -1) {
		if strings.HasPrefix(s.whole[at[1]:], "(") { // a link's text
			continue
		}
		out = append(out, landfall.Object{
			{Key: "name", Value: s.whole[at[0]+1 : at[1]-1]},
			{Key: "start", Value: s.call.Unit.Offset(s.whole, at[0])}, {Key: "end", Value: s.call.Unit.Offset(s.whole, at[1])},
		})
	}
	return out
}
