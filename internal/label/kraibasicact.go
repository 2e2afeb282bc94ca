package label

import (
	"fmt"
	"strings"
)

// AI Basic Act (KR) article 31(2): people can tell that an AI made it. Words that do
// not name AI do not say so.
func checkKRAIBasicAct(w Words) error {
	for lang, text := range w.Text {
		if !strings.Contains(text, "AI") && !strings.Contains(text, "인공지능") {
			return fmt.Errorf("text.%s %q names no AI: article 31(2) of the AI Basic Act wants people to recognise it; write AI or 인공지능", lang, text)
		}
	}
	if len(w.Text) == 0 {
		return fmt.Errorf("text is empty: article 31(2) of the AI Basic Act demands a mark")
	}
	return nil
}
