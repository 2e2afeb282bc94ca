package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"landfall"
)

// What a caller wrote stands in the log as data and is never sent to a terminal
// as it is: control and format signs (Unicode Cc and Cf: escapes, bidi
// overrides, zero widths) and the separators that end a line for some readers
// (U+2028, U+2029) leave as JSON escapes (CWE-117, CWE-150).

// WriteJSON writes a record as one line of JSON, both entries in it.
func WriteJSON(w io.Writer, r Record) error {
	b, err := landfall.Canonical(r)
	if err != nil {
		return err
	}
	_, err = w.Write(append(appendEscaped(nil, b), '\n'))
	return err
}

// WriteLine writes a record as one line for a person: id, time, outcome, market,
// feature, app, release, and the error's code if there is one.
func WriteLine(w io.Writer, r Record) error {
	o, c := r.Opened, r.Closed
	if c == nil {
		c = &Entry{Outcome: "open"}
	}
	fields := []string{o.Record, clock(o.At), string(c.Outcome), o.Market, o.Feature, o.App, o.Release.Short()}
	if c.Code != "" {
		fields = append(fields, string(c.Code))
	}
	for i, f := range fields {
		fields[i] = plain(f)
	}
	_, err := fmt.Fprintln(w, strings.Join(fields, "  "))
	return err
}

// WriteText writes everything a record holds, a line for each field.
func WriteText(w io.Writer, r Record) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "record %s\n", plain(r.Opened.Record))
	for _, e := range []*Entry{r.Opened, r.Closed} {
		if e == nil {
			out.WriteString("open\n")
			continue
		}
		fmt.Fprintf(&out, "%s %s, entry of %s\n", plain(string(e.Kind)), clock(e.At), plain(e.Record))
		if err := writeFields(&out, e); err != nil {
			return err
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

// WriteAppeals writes the appeals against a record, what the users wrote included.
func WriteAppeals(w io.Writer, appeals []Appeal) error {
	var out bytes.Buffer
	for i := range appeals {
		e := &appeals[i].Entry
		fmt.Fprintf(&out, "%s %s, entry of %s\n", plain(string(e.Kind)), clock(e.At), plain(e.Record))
		if err := writeFields(&out, e); err != nil {
			return err
		}
		fmt.Fprintf(&out, "  %-20s %s\n", "message", plain(appeals[i].Message))
	}
	_, err := w.Write(out.Bytes())
	return err
}

// writeFields goes by the JSON form, so that no field can be forgotten.
func writeFields(out *bytes.Buffer, e *Entry) error {
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	var fields landfall.Object
	if err := fields.UnmarshalJSON(b); err != nil {
		return err
	}
	for _, f := range fields {
		switch f.Key {
		case "kind", "record", "at":
			continue
		}
		value, ok := f.Value.(string)
		if ok {
			value = plain(value)
		} else {
			value = string(appendEscaped(nil, landfall.AppendJSON(nil, f.Value)))
		}
		fmt.Fprintf(out, "  %-20s %s\n", f.Key, value)
	}
	return nil
}

func clock(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }

// plain returns s as it is if nothing in it could pass for something else, and
// in quotes with escapes otherwise.
func plain(s string) string {
	if s == "" {
		return "-"
	}
	harmless := func(r rune) bool {
		return r != '"' && r != '\\' && r != utf8.RuneError && !unicode.IsSpace(r) && !hidden(r)
	}
	if s != "-" && strings.IndexFunc(s, func(r rune) bool { return !harmless(r) }) < 0 {
		return s
	}
	return string(appendEscaped(nil, landfall.AppendQuoted(nil, strings.ToValidUTF8(s, "\uFFFD"))))
}

// hidden reports whether r has no shape of its own or moves what stands around it.
func hidden(r rune) bool {
	return !unicode.IsGraphic(r) || unicode.In(r, unicode.Variation_Selector) || r == '\u2028' || r == '\u2029'
}

// appendEscaped appends JSON text with every hidden sign as an escape. Beyond
// ASCII such signs stand only inside strings, so the text means the same.
func appendEscaped(dst, text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case !hidden(r):
			dst = append(dst, text[:n]...)
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			dst = fmt.Appendf(dst, `\u%04x\u%04x`, hi, lo)
		default:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		}
		text = text[n:]
	}
	return dst
}
