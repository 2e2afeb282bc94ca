package safety

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Personal data is found by the form and the check digits of its numbers: resident ids
// (GB 11643, of 18 signs with ISO 7064 MOD 11-2, or of 15), bank cards of 16 to 19
// digits (ISO/IEC 7812, Luhn), and mobile numbers. A mask keeps the length of a text in
// every unit and the signs between digits.

// run is a stretch of digits in groups, a few signs between them.
type run struct {
	groups []group
	gap    string // the signs since the last digit
}

// group is digits that follow each other: their values, and where each stands.
type group struct {
	digits []byte // '0' to '9', and 'X' at the end of an id
	at     []int  // byte offsets
	behind string // the signs in front, after another group
}

// personal returns the byte offsets of the digits of personal data in a text.
func personal(text string) []int {
	var found []int
	var r run
	end := func() {
		found = append(found, r.personal()...)
		r = run{}
	}
	for i, sign := range text {
		switch d, digit := digitOf(sign); {
		case foldRune(sign) == ignored: // nobody sees it
		case digit:
			r.add(d, i)
		case d == 'X' && r.ends17():
			r.add(d, i)
			end()
		case !r.pause(sign):
			end()
		}
	}
	end()
	return found
}

func (r *run) add(digit byte, at int) {
	if len(r.groups) == 0 || r.gap != "" {
		r.groups, r.gap = append(r.groups, group{behind: r.gap}), ""
	}
	g := &r.groups[len(r.groups)-1]
	g.digits, g.at = append(g.digits, digit), append(g.at, at)
}

// maxGap is how many signs may stand between two groups: "+86 (138) 0000-0000".
const maxGap = 3

// pause takes a sign that is no digit, and reports whether the run may go on behind it.
// A star is what a mask leaves.
func (r *run) pause(sign rune) bool {
	r.gap += string(sign)
	between := unicode.IsSpace(sign) || unicode.IsPunct(sign) || sign == '+' || sign == '−'
	return len(r.groups) > 0 && between && sign != '*' && sign != '＊' && utf8.RuneCountInString(r.gap) <= maxGap
}

// listing are signs that also stand inside figures, and between those of a list: behind
// one of them at least four digits go on a number, so that neither 15,000,000,000 nor
// "1.35, 2.10, 3.55, 4.1" is one.
const listing = ",.;:，。、；：\n"

func (g group) begins() bool { return strings.ContainsAny(g.behind, listing) && len(g.digits) < 4 }

// decimal reports one figure with a point, such as a longitude.
func decimal(groups []group) bool { return len(groups) == 2 && groups[1].behind == "." }

func digitOf(r rune) (byte, bool) {
	switch {
	case r >= '0' && r <= '9':
		return byte(r), true
	case r >= '０' && r <= '９':
		return byte(r-'０') + '0', true
	case r == 'x' || r == 'X' || r == 'ｘ' || r == 'Ｘ':
		return 'X', false
	}
	return 0, false
}

func (r run) ends17() bool {
	n := 0
	for _, g := range slices.Backward(r.groups) {
		if n += len(g.digits); n >= 17 {
			return true
		}
	}
	return false
}

// personal tries the groups together from the longest stretch on, so that a date in
// front of a number does not hide it.
func (r run) personal() (found []int) {
	for i := 0; i < len(r.groups); {
		j := r.longest(i)
		for _, g := range r.groups[i:j] {
			found = append(found, g.at...)
		}
		i = max(j, i+1)
	}
	return found
}

// longest is the end of the longest stretch from group i on that is personal data; i
// for none.
func (r run) longest(i int) int {
	end, digits := i, ""
	for j := i; j < len(r.groups) && len(digits)+len(r.groups[j].digits) <= 19; j++ {
		if j > i && r.groups[j].begins() {
			break
		}
		if digits += string(r.groups[j].digits); isPersonal(digits) && !decimal(r.groups[i:j+1]) {
			end = j + 1
		}
	}
	return end
}

func isPersonal(digits string) bool {
	if len(digits) == 18 && residentID(digits) {
		return true
	}
	digits = strings.TrimSuffix(digits, "X") // a letter that only stands behind
	switch n := len(digits); {
	case n == 15 && strings.HasPrefix(digits, "0086"):
		return mobile(digits[4:])
	case n == 15:
		return province(digits) && dated("19"+digits[6:12])
	case n >= 16 && n <= 19:
		return digits[0] >= '3' && digits[0] <= '6' && luhn(digits)
	case n == 13:
		return strings.HasPrefix(digits, "86") && mobile(digits[2:])
	}
	return mobile(digits)
}

func mobile(digits string) bool {
	return len(digits) == 11 && digits[0] == '1' && digits[1] >= '3'
}

// residentID checks GB 11643: province, date of birth and the check sign.
func residentID(id string) bool {
	sum := 0
	for i, weight := range [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += weight * int(id[i]-'0')
	}
	return province(id) && dated(id[6:14]) && id[17] == "10X98765432"[sum%11]
}

// province is the first two digits of GB/T 2260.
func province(id string) bool {
	ranges := map[byte]string{'1': "12345", '2': "123", '3': "1234567", '4': "123456", '5': "01234", '6': "12345", '7': "1", '8': "123"}
	return strings.IndexByte(ranges[id[0]], id[1]) >= 0
}

func dated(day string) bool {
	t, err := time.Parse("20060102", day)
	return err == nil && t.Year() >= 1900
}

// luhn checks the check digit of ISO/IEC 7812 Annex B.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// masked returns the text with stars for the digits of personal data, a wide one for
// a wide digit, and whether there were any.
func masked(text string) (string, bool) {
	at := personal(text)
	if len(at) == 0 {
		return text, false
	}
	var b strings.Builder
	for i, r := range text {
		switch _, hit := slices.BinarySearch(at, i); {
		case hit && r > 0x7F:
			b.WriteRune('＊')
		case hit:
			b.WriteByte('*')
		default:
			b.WriteRune(r)
		}
	}
	return b.String(), true
}
